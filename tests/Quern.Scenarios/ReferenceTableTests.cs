using System.Xml.Linq;

namespace Quern.Scenarios;

/// <summary>Holds the table of allowed references in ARCHITECTURE.md against the project files.</summary>
public sealed class ReferenceTableTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Every_project_references_exactly_what_the_table_allows()
    {
        var table = ReadTable();
        var projects = Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(p => Path.GetFileNameWithoutExtension(p)!, References);

        Assert.Equal(projects.Keys.Order(), table.Keys.Order());
        foreach (var (project, references) in projects)
            Assert.True(references.IsSubsetOf(table[project]),
                $"{project} references {string.Join(", ", references.Except(table[project]))}, which ARCHITECTURE.md does not allow.");
    }

    [Fact]
    public void The_table_has_no_arrow_that_runs_back()
    {
        var table = ReadTable();
        var done = new HashSet<string>();

        while (done.Count < table.Count)
        {
            var next = table.Keys.Where(p => !done.Contains(p) && table[p].IsSubsetOf(done)).ToList();
            Assert.True(next.Count > 0, $"A cycle among: {string.Join(", ", table.Keys.Except(done))}");
            done.UnionWith(next);
        }
    }

    [Fact]
    public void Codecs_know_nothing_of_the_farm()
    {
        var table = ReadTable();
        foreach (var (project, allowed) in table.Where(p => p.Key.StartsWith("Quern.Protocols", StringComparison.Ordinal)))
            Assert.True(allowed.All(r => r.StartsWith("Quern.Protocols", StringComparison.Ordinal)), $"{project} may reference codecs only.");
        // Those that stand below others, or could be published alone, know nothing of their neighbours either.
        Assert.Equal(["Quern.Protocols"], table["Quern.Protocols.Perspective"]);
        Assert.Equal(["Quern.Protocols"], table["Quern.Protocols.Branch"]);
        Assert.DoesNotContain("Quern.Storage", table["Quern.Execution"]);
        Assert.DoesNotContain("Quern.Peers", table["Quern.Web"]);
        Assert.DoesNotContain(table["Quern.WorkerHost"], r => r is "Quern.Peers" or "Quern.Storage" or "Quern.Scheduling");
    }

    private static Dictionary<string, HashSet<string>> ReadTable() => File.ReadLines(Path.Combine(Root, "ARCHITECTURE.md"))
        .Where(line => line.StartsWith("| `Quern.", StringComparison.Ordinal))
        .Select(line => line.Split('|'))
        .ToDictionary(
            cells => cells[1].Trim().Trim('`'),
            cells => cells[3].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(r => "Quern." + r.Trim('`')).Where(r => r != "Quern.-").ToHashSet());

    private static HashSet<string> References(string project) => XDocument.Load(project).Descendants("ProjectReference")
        .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)!).ToHashSet();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Quern.slnx"))) folder = folder.Parent;
        return folder.FullName;
    }
}
