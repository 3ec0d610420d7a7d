using System.Collections.Immutable;
using System.Diagnostics;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Dispatch;
using Quern.Protocols.Branch;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>
/// Answers what controllers ask, from the farm's own store. Where the original does something else than its user means, this does
/// what is meant and says it in the original's words; docs/protocols/branch.md lists those places.
/// </summary>
public sealed partial class BranchDesk(
    IBranchGate gate, IBranchBuilds builds, FarmStore store, LogStore logs, BlobStore blobs, WorkerPool pool, BuildEnvironments environments,
    BranchClients clients, BranchBots bots, BranchBook book, BranchOptions options)
{
    private const string CancelReason = "cancelled by a Branch controller";

    /// <summary>Answers one request of a client that has logged in.</summary>
    /// <param name="visit">Of the client; requests of one visit come one after the other.</param>
    public async Task<BranchAnswer> AnswerAsync(BranchVisit visit, BranchRequest request, CancellationToken cancellationToken)
    {
        var client = visit.Client;
        if (request is BranchRequest.Unknown) return Reply(BranchReply.UnknownCommand);
        if (gate.MissingRight(client, request.Command) is { } right) return Reply(BranchReply.NotAllowed, right);
        return request switch
        {
            BranchRequest.Malformed r => r.Answer,
            BranchRequest.SetName => Reply(BranchReply.NameAccepted),

            BranchRequest.Checkout r => await CheckoutAsync(r.Name, BranchReply.CheckoutUnknown, cancellationToken),
            BranchRequest.PackageInfo r => await CheckoutAsync(r.Name, BranchReply.PackageInfoUnknown, cancellationToken),
            BranchRequest.Submit r => await SubmitAsync(client, r.Package, cancellationToken),
            BranchRequest.Delete r => await DeleteAsync(client, r.Name, cancellationToken),
            BranchRequest.PackageBuilds => new BranchAnswer.Texts((await book.RecipesAsync(cancellationToken)).Names),
            BranchRequest.Packages => await PackagesAsync(cancellationToken),
            BranchRequest.Dependers r => await DependersAsync(r.Name, cancellationToken),
            BranchRequest.DependerTree r => await DependerTreeAsync(r.Name, cancellationToken),

            BranchRequest.Build r => await BuildAsync(client, r, cancellationToken),
            BranchRequest.RebuildDependers r => await RebuildAsync(client, r.Name, cancellationToken),
            BranchRequest.Solution r => await SolutionAsync(client, r, cancellationToken),
            BranchRequest.Jobs => new BranchAnswer.JobLists(
                await QueuedAsync(cancellationToken), await RunningAsync(cancellationToken), await CompletedAsync(cancellationToken)),
            BranchRequest.QueuedJobs => new BranchAnswer.Jobs(await QueuedAsync(cancellationToken)),
            BranchRequest.RunningJobs => new BranchAnswer.Jobs(await RunningAsync(cancellationToken)),
            BranchRequest.CompletedJobs => new BranchAnswer.Jobs(await CompletedAsync(cancellationToken)),
            BranchRequest.JobLog r => await JobLogAsync(r, cancellationToken),
            BranchRequest.CancelJob r => await CancelAsync(client, r.Job, cancellationToken),
            BranchRequest.CancelAll => await CancelAllAsync(client, cancellationToken),
            BranchRequest.ClearCompleted => await ClearAsync(client, cancellationToken),

            BranchRequest.SystemLog => new BranchAnswer.Texts(await book.EventsAsync(cancellationToken)),
            BranchRequest.Clients => new BranchAnswer.Clients(ControllerNames(), WorkerNames()),
            BranchRequest.Controllers => new BranchAnswer.Texts(ControllerNames()),
            BranchRequest.Bots => new BranchAnswer.Texts(WorkerNames()),
            BranchRequest.ClientInfo r => await ClientInfoAsync(r.Name, cancellationToken),
            // Packages are files that never change once they are there: nobody has to lock one to download it.
            BranchRequest.LockedPackages => new BranchAnswer.Texts([]),

            BranchRequest.ExtraSources => await ExtraSourcesAsync(cancellationToken),
            BranchRequest.RemoveExtraSource r => await RemoveExtraSourceAsync(client, r.Id, cancellationToken),
            BranchRequest.TransferExtraSource r => await TransferAsync(visit, r),
            BranchRequest.CompleteTransfer => await CompleteTransferAsync(visit, cancellationToken),
            _ => throw new UnreachableException($"A controller has no {request.Command}."),
        };
    }

    private static BranchAnswer.Reply Reply(BranchReply reply, string argument = "") => new(reply, argument);

    private ImmutableArray<string> ControllerNames() => [.. clients.Controllers().Select(c => c.Name)];

    private ImmutableArray<string> WorkerNames() =>
        [.. pool.Standings().Select(s => s.Description.Name.Value).Union(bots.Names()).Order(StringComparer.Ordinal)];
}
