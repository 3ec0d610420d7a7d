using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>
/// A connected worker that takes whole recipes instead of commands: it fetches sources, makes its own root, builds and sends the
/// package. It takes one at a time; every <see cref="IWorkerLink.RunAsync"/> is refused. Otherwise its life is that of any link.
/// </summary>
public interface IRecipeLink : IWorkerLink
{
    /// <summary>Whether it could take a recipe now. Changes at any time; asked under the pool's lock, so it must answer at once.</summary>
    bool IsReady { get; }

    /// <summary>How long it takes for a fixed piece of work, by its own account; less is faster.</summary>
    double Rating { get; }

    /// <summary>Plain tags that it offers.</summary>
    ImmutableArray<string> Tags { get; }

    /// <summary>Has a recipe built, to its end. Never throws for what the worker does.</summary>
    /// <param name="order">What to build.</param>
    /// <param name="log">Takes what the worker says; not used any more once the task has completed.</param>
    /// <param name="cancel">Ends the build for the farm at once; the worker may go on for a while and is not ready until it says so.</param>
    Task<RecipeEnd> BuildAsync(RecipeOrder order, JobLog log, CancellationToken cancel);
}

/// <summary>What to build, and for which job.</summary>
public sealed record RecipeOrder(JobId Job, Recipe Recipe, BuildEnvironment Environment);

/// <summary>How a recipe's build by such a worker ended.</summary>
public abstract record RecipeEnd
{
    private RecipeEnd() { }

    /// <param name="Package">As it was sent, not yet verified.</param>
    public sealed record Built(StoredBlob Package) : RecipeEnd;

    public sealed record Failed(string Reason) : RecipeEnd;

    public sealed record Cancelled : RecipeEnd;

    /// <summary>The worker went away, or never began.</summary>
    public sealed record Lost(string Reason) : RecipeEnd;
}
