using System.Text.RegularExpressions;
using Quern.MasterHost.Configuration;
using YamlDotNet.RepresentationModel;

namespace Quern.MasterHost.Tests;

/// <summary>docs/configuration.md and the samples against what is really read.</summary>
public sealed partial class ConfigurationPageTests
{
    [Fact]
    public void Every_key_that_is_read_stands_in_the_page_and_the_page_invents_none()
    {
        var rows = File.ReadLines(Path.Combine(Root(), "docs", "configuration.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal));
        var told = rows.SelectMany(l => Quoted().Matches(l.Split('|')[1]).Select(m => m.Groups[1].Value)).Order(StringComparer.Ordinal);

        var read = ReadKeys();

        Assert.Contains("workers[].password_file", read);   // that the search itself finds nested keys
        Assert.Contains("environments.cross.root.packages", read);
        Assert.Equal(read, told);
    }

    [Fact]
    public void Messages_of_the_program_name_only_keys_that_exist()
    {
        var read = ReadKeys().ToHashSet();
        var sections = read.Where(k => k.Contains('.', StringComparison.Ordinal)).Select(k => k.Split('.', '[')[0]).ToHashSet();

        // A line that names the file and a key below one of its sections, as in "raise limits.source_bytes in quern.yaml".
        var named = Directory.EnumerateFiles(Path.Combine(Root(), "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines).Where(l => l.Contains("quern.yaml", StringComparison.Ordinal))
            .SelectMany(l => DottedKey().Matches(l).Select(m => m.Value)).Where(k => sections.Contains(k.Split('.')[0])).ToList();

        Assert.Contains("limits.source_bytes", named);
        Assert.All(named, key => Assert.Contains(key, read));
    }

    [Fact]
    public void The_sample_farm_has_no_mistake()
    {
        var read = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Load(Path.Combine(Root(), "samples", "quern.yaml")));

        Assert.NotNull(read.Configuration.Release);
    }

    [Fact]
    public void The_sample_of_builders_has_no_mistake_and_stands_in_its_page()
    {
        string sample = Path.Combine(Root(), "samples", "builders.yaml");
        var read = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Load(sample));

        Assert.Equal("nightly", Assert.Single(read.Configuration.Builders).Name);
        Assert.EndsWith(Example().Match(File.ReadAllText(Path.Combine(Root(), "docs", "builders.md"))).Groups[1].Value, File.ReadAllText(sample), StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_of_the_page_has_no_mistake()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "configuration.md"));
        string example = Example().Match(page).Groups[1].Value;

        var read = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Parse("quern.yaml", example)).Configuration;

        Assert.Equal(TimeSpan.FromDays(90), read.Retention.FailedLogs);
    }

    /// <summary>All keys by their full names, sorted; members of lists below <c>[]</c>. Found by giving the mapper one section after the other.</summary>
    private static List<string> ReadKeys()
    {
        var found = new List<string>();
        Explore("", text => text);
        return [.. found.Order(StringComparer.Ordinal)];

        void Explore(string path, Func<string, string> wrap)
        {
            foreach (string key in KnownKeys(wrap("{}"), path)!)
            {
                string full = path.Length == 0 ? key : $"{path}.{key}";
                found.Add(full.Replace("[0]", "[]", StringComparison.Ordinal));
                Func<string, string> section = value => wrap($"{{{key}: {value}}}"), list = value => wrap($"{{{key}: [{value}]}}");
                if (KnownKeys(section("{}"), full) is not null) Explore(full, section);
                if (KnownKeys(list("{}"), $"{full}[0]") is not null) Explore($"{full}[0]", list);
            }
        }
    }

    /// <summary>The keys that the mapper allows in one section of a text; null when it did not read it as a section.</summary>
    private static string[]? KnownKeys(string text, string path)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var problems = new ProblemLog("quern.yaml");
        _ = new ConfigurationMapper("quern.yaml", problems).Map(yaml.Documents[0].RootNode);
        return problems.KnownKeys.GetValueOrDefault(path);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Quern.slnx"))) folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?<![\w./])[a-z_]+(\.[a-z_]+)+")]
    private static partial Regex DottedKey();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
