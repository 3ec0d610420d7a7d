using System.Collections.Immutable;
using Quern.Graph;
using Quern.MasterHost.Access;
using Quern.MasterHost.Api;
using Quern.Model;
using Quern.Peers.Branch;

namespace Quern.MasterHost.Listeners;

/// <summary>Queues what Branch clients ask for, by the same way as the HTTP API.</summary>
internal sealed class BranchBuilds(RecipeBuilds builds, JobSubmitter submitter) : IBranchBuilds
{
    public async Task<BranchQueued> BuildAsync(PackageName package, BuildEnvironment environment, Actor requester, CancellationToken cancellationToken)
    {
        var request = new SubmitRequest { Jobs = [new JobRequest { Recipe = new RecipeRequest { Name = package.Value, Environment = Words.Of(environment) } }] };
        return Queued(await submitter.SubmitAsync(request, PrincipalOf(requester), cancellationToken));
    }

    public async Task<BranchQueued> BuildAsync(RebuildPlan plan, string title, Actor requester, CancellationToken cancellationToken) =>
        await StoreAsync(await builds.JobsOfAsync(plan, MachineArchitecture.Here, cancellationToken), title, requester, cancellationToken);

    public async Task<BranchQueued> BuildAsync(
        ImmutableArray<SolutionOrder.Build> order, BuildEnvironment environment, string title, Actor requester, CancellationToken cancellationToken) =>
        await StoreAsync(await builds.JobsOfAsync(order, environment, MachineArchitecture.Here, cancellationToken), title, requester, cancellationToken);

    private async Task<BranchQueued> StoreAsync(RecipeBuilds.Completed made, string title, Actor requester, CancellationToken cancellationToken) =>
        Queued(await submitter.StoreAsync(made, new SubmitRequest { Jobs = [], Batch = title }, PrincipalOf(requester), cancellationToken));

    /// <summary>The right to submit was looked at before; plans, which need another, do not come this way.</summary>
    private static Principal PrincipalOf(Actor requester) => new(requester.Name, [Right.JobSubmit]);

    private static BranchQueued Queued(Taken taken) => taken switch
    {
        Taken.Accepted accepted => new BranchQueued([.. accepted.Answer.Jobs.Select(j => JobId.TryParse(j.Id, out var id) ? id : default)], null),
        Taken.Bad bad => new BranchQueued([], bad.Why),
        Taken.Refused refused => new BranchQueued([], refused.Why),
        Taken.Forbidden forbidden => new BranchQueued([], forbidden.Why),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
