using System.Collections.Immutable;
using Quern.Graph;
using Quern.Model;
using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Recipes;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <content>Builds, and the lists of jobs. These clients see jobs of packages alone.</content>
public sealed partial class BranchDesk
{
    private async Task<BranchAnswer> BuildAsync(BranchClient client, BranchRequest.Build request, CancellationToken cancellationToken)
    {
        var environment = EnvironmentOf(request.Type);
        var unavailable = environment == BuildEnvironment.Cross ? BranchReply.BuildNoCross : BranchReply.BuildNoRelease;
        // V1 looks at the environment first, V2 at the name.
        if (client.Dialect == BranchDialect.V1 && !Has(environment)) return Reply(unavailable);
        if (await FindAsync(request.Name, cancellationToken) is not { } found) return Reply(BranchReply.BuildUnknown);
        if (!Has(environment)) return Reply(unavailable);
        bool free = pool.Standings().Any(s => s.Free > 0);
        var queued = await builds.BuildAsync(found.Recipe.Name, environment, client.Actor, cancellationToken);
        if (queued.Refusal is { } refusal) return Reply(BranchReply.BuildDamaged, refusal);
        return Reply(free && queued.Jobs.Length == 1 ? BranchReply.BuildTaken : BranchReply.BuildQueued);
    }

    private async Task<BranchAnswer> RebuildAsync(BranchClient client, string name, CancellationToken cancellationToken)
    {
        var recipes = await book.RecipesAsync(cancellationToken);
        if (!PackageName.TryParse(name, out var package) || !recipes.Graph.Contains(package)) return Reply(BranchReply.DependersUnknown);
        var plan = recipes.Graph.PlanRebuild([package]);
        foreach (var environment in plan.Builds.Select(b => b.Environment).Distinct().Order())
            if (!Has(environment)) return Reply(environment == BuildEnvironment.Cross ? BranchReply.SolutionNoCross : BranchReply.SolutionNoRelease);
        if (!plan.Cycles.IsEmpty) return Reply(BranchReply.RebuildCircular, string.Join(" needs ", plan.Cycles[0]));
        if (!plan.UnknownDependencies.IsEmpty)
            return Reply(BranchReply.BuildDamaged, $"{plan.UnknownDependencies[0].Package} needs {plan.UnknownDependencies[0].Missing}, which has no recipe");
        var queued = await builds.BuildAsync(plan, $"rebuild of {name} and its dependers", client.Actor, cancellationToken);
        return queued.Refusal is { } refusal ? Reply(BranchReply.BuildDamaged, refusal) : Reply(BranchReply.RebuildQueued);
    }

    private async Task<BranchAnswer> SolutionAsync(BranchClient client, BranchRequest.Solution request, CancellationToken cancellationToken)
    {
        var environment = EnvironmentOf(request.Type);
        if (!Has(environment)) return Reply(environment == BuildEnvironment.Cross ? BranchReply.SolutionNoCross : BranchReply.SolutionNoRelease);
        if (request.Steps.IsDefault) return Reply(BranchReply.SolutionInvalid);
        var steps = SolutionFile.Clean(request.Steps.Select(s => s.AsEnumerable()));
        if (steps.Sum(s => s.Length) > options.MaxSolutionNames) return Reply(BranchReply.SolutionInvalid);
        var graph = (await book.RecipesAsync(cancellationToken)).Graph;
        foreach (string name in steps.SelectMany(s => s))
            if (!PackageName.TryParse(name, out var package) || !graph.Contains(package)) return Reply(BranchReply.SolutionUnknown, Shown(name));
        // Nothing to build is nothing to wait for, and no mistake.
        if (steps.IsEmpty) return Reply(BranchReply.SolutionQueued);
        var order = SolutionOrder.Of(steps.Select(s => s.Select(n => new PackageName(n)).ToImmutableArray()).Cast<IReadOnlyCollection<PackageName>>());
        var queued = await builds.BuildAsync(order, environment, $"solution of {client.Name}", client.Actor, cancellationToken);
        return queued.Refusal is { } refusal ? Reply(BranchReply.BuildDamaged, refusal) : Reply(BranchReply.SolutionQueued);
    }

    private async Task<BranchAnswer> JobLogAsync(BranchRequest.JobLog request, CancellationToken cancellationToken)
    {
        if (!JobId.TryParse(request.Job, out var id) || await store.FindJobAsync(id.ToString(), cancellationToken) is not { Package: not null } job)
            return Reply(BranchReply.LogUnknownJob);
        var log = new BranchJobLog(logs, job);
        if (request.Offset is { } offset)
            return await log.FromAsync(offset, cancellationToken) is { } rest ? new BranchAnswer.Texts(rest) : Reply(BranchReply.LogOffset);
        return await log.WholeAsync(cancellationToken) is { } lines ? new BranchAnswer.Texts(lines) : Reply(BranchReply.LogMissing);
    }

    private async Task<BranchAnswer> CancelAsync(BranchClient client, string job, CancellationToken cancellationToken)
    {
        if (!JobId.TryParse(job, out var id) || await store.FindJobAsync(id.ToString(), cancellationToken) is not { Package: not null }) return Reply(BranchReply.CancelUnknown);
        return Reply(await store.CancelQueuedAsync(id, CancelReason, client.Actor, cancellationToken) switch
        {
            CancelResult.Cancelled => BranchReply.JobCanceled,
            CancelResult.NotFound => BranchReply.CancelUnknown,
            _ => BranchReply.CancelNotQueued,
        });
    }

    private async Task<BranchAnswer> CancelAllAsync(BranchClient client, CancellationToken cancellationToken)
    {
        await store.CancelAllQueuedAsync(CancelReason, client.Actor, cancellationToken);
        return Reply(BranchReply.JobsCanceled);
    }

    private async Task<BranchAnswer> ClearAsync(BranchClient client, CancellationToken cancellationToken)
    {
        await store.SaveJobsClearedAsync(client.Actor, cancellationToken);
        return Reply(BranchReply.JobsCleared);
    }

    private Task<ImmutableArray<BranchJob>> QueuedAsync(CancellationToken cancellationToken) =>
        ListAsync([JobState.Blocked, JobState.Ready], null, cancellationToken);

    private Task<ImmutableArray<BranchJob>> RunningAsync(CancellationToken cancellationToken) => ListAsync([JobState.Running], null, cancellationToken);

    /// <summary>What has finished since the list was cleared. A cancelled job leaves all lists at once.</summary>
    private async Task<ImmutableArray<BranchJob>> CompletedAsync(CancellationToken cancellationToken) =>
        await ListAsync([JobState.Succeeded, JobState.Failed, JobState.Skipped], await book.ClearedAsync(cancellationToken), cancellationToken);

    private async Task<ImmutableArray<BranchJob>> ListAsync(ImmutableArray<JobState> states, DateTimeOffset? finishedAfter, CancellationToken cancellationToken)
    {
        var jobs = await store.ListPackageJobsAsync(states, finishedAfter, options.MaxListedJobs, cancellationToken);
        // Bots have words of their own for what they do.
        var doing = states.Contains(JobState.Running) ? bots.Statuses() : [];
        return [.. jobs.Select(j => new BranchJob(j.Id.ToString(), doing.GetValueOrDefault(j.Id) ?? StatusOf(j.State), j.Package, ClientOf(j.Requester)))];
    }

    /// <summary>The protocol's word of a state. Of the finished ones controllers know two.</summary>
    private static string StatusOf(JobState state) => state switch
    {
        JobState.Blocked => "BLOCKED",
        JobState.Ready => "WAITING",
        JobState.Running => "BUILDING",
        JobState.Succeeded => "COMPLETED",
        _ => "FAILED",
    };

    /// <summary>Name of the client or user that asked for a job, without the kind that the journal puts before it.</summary>
    private static string ClientOf(Actor actor)
    {
        int colon = actor.Name.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? actor.Name : actor.Name[(colon + 1)..];
    }

    private static BuildEnvironment EnvironmentOf(BranchBuildType type) => type == BranchBuildType.Cross ? BuildEnvironment.Cross : BuildEnvironment.Release;

    /// <summary>A name that is none, as an answer may repeat it: old clients take ASCII alone.</summary>
    private static string Shown(string name) =>
        string.Concat(name.Take(PackageName.MaxLength).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
