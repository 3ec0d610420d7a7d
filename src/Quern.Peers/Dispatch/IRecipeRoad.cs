using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>
/// The two ends of a recipe's job: from recipe to plan before it runs, from the uploaded file to an artifact after. A
/// boundary: it fetches sources, makes roots and reads archives. Calls for different jobs may run at once.
/// </summary>
public interface IRecipeRoad
{
    /// <summary>Resolves sources, dependencies and the root; what it does is told to the job's log.</summary>
    Task<PreparedPlan> PrepareAsync(ClaimedJob job, Seat seat, JobLog log, CancellationToken cancellationToken);

    /// <summary>What a worker that takes whole recipes is to build; sources, dependencies and the root are its own business.</summary>
    Task<PreparedRecipe> OrderAsync(ClaimedJob job, CancellationToken cancellationToken);

    /// <summary>Verifies an uploaded package against its recipe.</summary>
    Task<VerifiedPackage> VerifyAsync(ClaimedJob job, StoredBlob package, JobLog log, CancellationToken cancellationToken);
}

/// <summary>A plan, or why there is none.</summary>
public abstract record PreparedPlan
{
    private PreparedPlan() { }

    public sealed record Ready(Plan Plan) : PreparedPlan;

    /// <param name="Reason">What, where and what to do, in one or two sentences.</param>
    public sealed record Refused(string Reason) : PreparedPlan;
}

/// <summary>An order, or why there is none.</summary>
public abstract record PreparedRecipe
{
    private PreparedRecipe() { }

    public sealed record Ready(RecipeOrder Order) : PreparedRecipe;

    /// <param name="Reason">What, where and what to do, in one or two sentences.</param>
    public sealed record Refused(string Reason) : PreparedRecipe;
}

/// <summary>An artifact to publish, or why the file is none.</summary>
public abstract record VerifiedPackage
{
    private VerifiedPackage() { }

    public sealed record Good(ProducedArtifact Artifact) : VerifiedPackage;

    public sealed record Bad(string Reason) : VerifiedPackage;
}
