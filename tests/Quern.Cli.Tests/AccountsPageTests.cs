using System.Net;
using System.Text.RegularExpressions;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary>docs/operations/accounts.md, command by command, against a whole master.</summary>
public sealed partial class AccountsPageTests
{
    private string _id = "none";
    private string _folder = "";

    [Fact]
    public async Task Every_command_of_the_page_does_what_the_page_says()
    {
        using var data = new ScratchFolder();
        using var people = new ScratchFolder();
        _folder = data.Path;
        await using var master = await StartAsync(data.Path, people);
        int commands = 0;
        string printed = "";
        foreach (Match block in Block().Matches(await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "operations", "accounts.md"), TestContext.Current.CancellationToken)))
        {
            string body = block.Groups["body"].Value;
            if (block.Groups["kind"].Value == "text")
            {
                foreach (string line in body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    Assert.True(Pattern(line.Replace("$ID", _id, StringComparison.Ordinal)).IsMatch(printed), $"The page says that this is shown:\n{line}\nThis is shown:\n{printed}");
                continue;
            }
            Assert.Equal("sh", block.Groups["kind"].Value);
            string who = block.Groups["who"].Success ? people[block.Groups["who"].Value] : data.Path;
            printed = "";
            foreach (string line in body.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                printed += await RunAsync(line, who, people, master.Http);
                commands++;
            }
        }
        Assert.True(commands > 40, $"only {commands} commands were found");
    }

    /// <summary>Runs one command; what it shows.</summary>
    private async Task<string> RunAsync(string line, string data, ScratchFolder people, IPEndPoint http)
    {
        var words = Word().Matches(line).Select(m => m.Value.Trim('"')).ToList();
        Assert.Equal("quern", words[0]);
        string[] args =
        [
            .. words.Skip(1).Select(w => w switch
            {
                "$ID" => _id,
                ['s', 'e', 'c', 'r', 'e', 't', 's', '/', ..] => people[w],
                ['~', ..] => Path.Combine(_folder, Path.GetFileName(w)),
                _ => w,
            }),
            "--server", $"http://{http}", "--data", data,
        ];
        var (output, error) = (new StringWriter(), new StringWriter());
        int code = await CommandTree.RunAsync(args, new Terminal(output, error, interactive: false, new Authenticator(error)));
        Assert.True(code == 0, $"'{line}' ended with {code}: {error}");
        if (Id().Match($"{output}") is { Success: true } found) _id = found.Value;
        return $"{error}{output}";
    }

    private static async Task<QuernMaster> StartAsync(string folder, ScratchFolder people)
    {
        var options = new MasterOptions
        {
            DataFolder = folder,
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            FetchProgram = ["/bin/false"],
            Configuration = FarmConfiguration.Empty,
        };
        var start = Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, TimeProvider.System, CancellationToken.None));
        Directory.CreateDirectory(people["secrets"]);
        await File.WriteAllTextAsync(people["secrets/first"], start.NewPassword + "\n");
        foreach (string name in new[] { "admin", "mira-first", "mira", "mira-second", "noor", "noor-second" })
            await File.WriteAllTextAsync(people[$"secrets/{name}"], $"violet tractor for {(name.StartsWith("mira", StringComparison.Ordinal) ? "her" : "them")} {name.Length}\n");
        return start.Master;
    }

    /// <summary>A line of the page; <c>…</c> stands for anything, and blanks for as many as a table needs.</summary>
    private static Regex Pattern(string line) =>
        new(Regex.Replace(Regex.Escape(line.Trim()).Replace("…", ".*", StringComparison.Ordinal), @"(\\ )+", @"\s+"), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Quern.slnx"))) folder = folder.Parent ?? throw new DirectoryNotFoundException("Quern.slnx");
        return folder.FullName;
    }

    [GeneratedRegex("^```(?<kind>[a-z]*)( as=(?<who>[a-z]+))?\n(?<body>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("\"[^\"]*\"|[^ \"]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b[0-9a-f]{16}\b")]
    private static partial Regex Id();
}
