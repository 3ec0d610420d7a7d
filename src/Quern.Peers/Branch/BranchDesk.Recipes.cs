using System.Collections.Immutable;
using System.Text;
using Quern.Model;
using Quern.Peers.Recipes;
using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Recipes;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <content>Recipes, packages and who needs whom.</content>
public sealed partial class BranchDesk
{
    /// <summary>Crosstools is an ordinary package that every cross build needs.</summary>
    internal const string CrossTools = "crosstools";

    private async Task<BranchAnswer> CheckoutAsync(string name, BranchReply unknown, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) is { } found ? new BranchAnswer.PackageBuild(RecipeTranslation.ToPackageBuild(found.Recipe)) : Reply(unknown);

    private async Task<BranchAnswer> SubmitAsync(BranchClient client, BranchPackageBuild build, CancellationToken cancellationToken)
    {
        var newest = PackageName.TryParse(build.Name, out var name) ? await store.FindRecipeAsync(name, null, cancellationToken) : null;
        return await SaveAsync(client, RecipeIntake.FromBranch(build, newest?.Recipe), cancellationToken);
    }

    /// <summary>
    /// Takes a recipe file. One with keys that only Quern knows is kept as it is; any other came from a program that does not know
    /// them, and gets those of the revision before.
    /// </summary>
    public async Task<BranchAnswer> SubmitTextAsync(BranchClient client, string text, CancellationToken cancellationToken)
    {
        if (gate.MissingRight(client, BranchCommand.Submit) is { } right) return Reply(BranchReply.NotAllowed, right);
        var parsed = RecipeParser.Parse(text);
        if (parsed.HasErrors) return Reply(BranchReply.SubmitInvalid);
        bool isOurs = parsed.Document.Lines.OfType<RecipeLine.Entry>().Any(e => RecipeKeys.IsQuernOnly(e.Key));
        return isOurs
            ? await SaveAsync(client, RecipeIntake.FromText(text), cancellationToken)
            : await SubmitAsync(client, parsed.Document.ToPackageBuild(), cancellationToken);
    }

    private async Task<BranchAnswer> SaveAsync(BranchClient client, RecipeIntake intake, CancellationToken cancellationToken)
    {
        if (intake.Recipe is not { } recipe) return Reply(BranchReply.SubmitInvalid);
        await store.SaveRecipeAsync(recipe, intake.Text, string.Join("; ", intake.Notes), client.Actor, cancellationToken);
        return Reply(BranchReply.SubmitAccepted);
    }

    private async Task<BranchAnswer> DeleteAsync(BranchClient client, string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken) is not { } found) return Reply(BranchReply.DeleteUnknown);
        bool required = (name == CrossTools && Has(BuildEnvironment.Cross)) || (options.RealRootPackages.Contains(name) && Has(BuildEnvironment.Release));
        if (required) return Reply(BranchReply.DeleteRequired);
        return Reply(await store.DeleteRecipeAsync(found.Recipe.Name, client.Actor, cancellationToken) ? BranchReply.Deleted : BranchReply.DeleteUnknown);
    }

    /// <summary>Names that have a recipe and a built package. What was built before its recipe was deleted is gone for these clients.</summary>
    private async Task<BranchAnswer> PackagesAsync(CancellationToken cancellationToken)
    {
        var graph = (await book.RecipesAsync(cancellationToken)).Graph;
        var built = await store.ListArtifactsAsync(null, cancellationToken);
        return new BranchAnswer.Texts([.. built.Select(a => a.Name).Distinct().Where(graph.Contains).Select(n => n.Value)]);
    }

    private async Task<BranchAnswer> DependersAsync(string name, CancellationToken cancellationToken)
    {
        var recipes = await book.RecipesAsync(cancellationToken);
        if (!PackageName.TryParse(name, out var package) || !recipes.Graph.Contains(package)) return Reply(BranchReply.DependersUnknown);
        var dependers = recipes.Graph.Dependers(package);
        return new BranchAnswer.Dependers([.. dependers.Release.Select(n => n.Value)], [.. dependers.Cross.Select(n => n.Value)]);
    }

    /// <summary>
    /// The dependers as a text: the package, then below each package those that need it to be built, one tab deeper. Each stands
    /// there once, where it is met first: a graph of many diamonds is no tree, and would be endless written as one.
    /// </summary>
    private async Task<BranchAnswer> DependerTreeAsync(string name, CancellationToken cancellationToken)
    {
        var recipes = await book.RecipesAsync(cancellationToken);
        if (!PackageName.TryParse(name, out var package) || !recipes.Graph.Contains(package)) return Reply(BranchReply.DependersUnknown);
        var direct = recipes.Nodes
            .SelectMany(n => (n.CrossDependencies.IsEmpty ? n.BuildDependencies : n.CrossDependencies).Select(need => (Need: need, n.Name)))
            .ToLookup(e => e.Need, e => e.Name);
        var text = new StringBuilder().Append(name).Append(" -> ():\n");
        var seen = new HashSet<PackageName> { package };
        var open = new Stack<(PackageName Name, PackageName Parent, int Depth)>();
        void Push(PackageName parent, int depth)
        {
            foreach (var child in direct[parent].OrderDescending()) open.Push((child, parent, depth));
        }
        Push(package, 0);
        while (open.TryPop(out var entry))
        {
            if (!seen.Add(entry.Name)) continue;
            text.Append('\t', entry.Depth).Append("-> ").Append(entry.Name).Append(" (blocked by: ").Append(entry.Parent).Append(")\n");
            Push(entry.Name, entry.Depth + 1);
        }
        return new BranchAnswer.Tree(text.ToString());
    }

    private bool Has(BuildEnvironment environment) => environments.Find(environment) is { Enabled: true };

    /// <summary>The newest recipe of a name; null when there is none.</summary>
    private async Task<StoredRecipe?> FindAsync(string name, CancellationToken cancellationToken) =>
        PackageName.TryParse(name, out var package) && await store.FindRecipeAsync(package, null, cancellationToken) is { Deleted: false } found ? found : null;
}
