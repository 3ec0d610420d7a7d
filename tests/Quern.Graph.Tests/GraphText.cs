using Quern.Model;

namespace Quern.Graph.Tests;

/// <summary>Graphs as short texts: <c>"B: L; X: / L"</c> is B with build dependency L and X with cross dependency L.</summary>
internal static class GraphText
{
    public static PackageGraph Graph(string text) => PackageGraph.Build(text.Split(';').Select(Node));

    public static PackageName[] Names(string names) => [.. Words(names).Select(n => new PackageName(n))];

    public static string Join(IEnumerable<PackageName> names) => string.Join(' ', names);

    public static string Layers(RebuildPlan plan) => string.Join(" | ", plan.Layers().Select(l => Join(l.Select(b => b.Package))));

    private static PackageNode Node(string text)
    {
        string[] halves = text.Split(':');
        string[] needs = halves.Length > 1 ? halves[1].Split('/') : [""];
        return new PackageNode(new PackageName(halves[0].Trim()), [.. Names(needs[0])], needs.Length > 1 ? [.. Names(needs[1])] : [], needs.Length > 2 ? [.. Names(needs[2])] : []);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
