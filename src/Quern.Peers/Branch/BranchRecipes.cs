using System.Collections.Immutable;
using Quern.Graph;

namespace Quern.Peers.Branch;

/// <summary>The recipes at one moment. Immutable.</summary>
/// <param name="Names">Oldest change first: a recipe that is submitted again moves to the end.</param>
/// <param name="Graph">Who needs whom.</param>
/// <param name="Nodes">What each recipe needs.</param>
internal sealed record BranchRecipes(ImmutableArray<string> Names, PackageGraph Graph, ImmutableArray<PackageNode> Nodes)
{
    public static BranchRecipes Of(IEnumerable<Entry> recipes)
    {
        var kept = recipes.OrderBy(r => r.Time).ThenBy(r => r.Node.Name).ToArray();
        var nodes = kept.Select(r => r.Node).ToImmutableArray();
        return new BranchRecipes([.. nodes.Select(n => n.Name.Value)], PackageGraph.Build(nodes), nodes);
    }

    /// <summary>One recipe.</summary>
    /// <param name="Time">When its newest revision was saved.</param>
    public sealed record Entry(PackageNode Node, DateTimeOffset Time);
}
