using System.Buffers;
using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <summary>
/// A Branch master, to whom this worker is a build bot.
/// <code>
/// connected --login--> known --machine, deployment, roots--> deployed --ready--> idle --order--> building --ready--> idle
///                                                                                 ^  PING
///                                                                                 +--PONG
/// </code>
/// Branch protocol, "V2 bot life cycle" and "V1 frames from master to bot".
/// </summary>
internal sealed class BranchMaster(Stream stream, WorkerOptions options, string key, BranchMemory memory, BuildYard yard, Action<string> log, TimeProvider time) : IMasterLink
{
    /// <summary>Orders that are none, in a row, before the master is taken for something else.</summary>
    private const int MaxUnknown = 16;

    /// <summary>For clearing away after a connection.</summary>
    private static readonly TimeSpan ClearTime = TimeSpan.FromMinutes(2);

    private readonly BranchWire _wire = new(stream, yard.Limits, time);

    public async Task<LinkEnd> ServeAsync(WorkerSession session, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _wire.Gone);
        var runner = new ProgramRunner(session, options.BaseDirectory);
        try
        {
            return await ServeWithinAsync(session, runner, both.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new LinkEnd.Lost("the worker was stopped");
        }
        catch (OperationCanceledException) when (_wire.Gone.IsCancellationRequested)
        {
            return new LinkEnd.Lost(_wire.Reason);
        }
        catch (Exception e) when (e is IOException or BotFailureException or UnauthorizedAccessException)
        {
            return new LinkEnd.Lost(e.Message);
        }
        finally
        {
            await ClearAsync(runner);
        }
    }

    /// <summary>There is no word for it.</summary>
    public Task<string?> AskForShutdownAsync() => Task.FromResult<string?>("a build bot cannot ask a Branch master for a graceful shutdown");

    public ValueTask DisposeAsync() => _wire.DisposeAsync();

    /// <summary>Throws away what a build that was broken off has left; the next start does it otherwise.</summary>
    private async Task ClearAsync(ProgramRunner runner)
    {
        using var late = new CancellationTokenSource(ClearTime, time);
        try
        {
            await yard.CloseRoomAsync(runner, late.Token);
        }
        catch (Exception e) when (e is BotFailureException or OperationCanceledException)
        {
            log($"the folder of the last build is still there: {e.Message}");
        }
    }

    private async Task<LinkEnd> ServeWithinAsync(WorkerSession session, ProgramRunner runner, CancellationToken cancellationToken)
    {
        if (await yard.OpenAsync(runner, cancellationToken) is { } problem) return new LinkEnd.Unusable(problem);
        var (talk, revision, end) = await LogOnAsync(cancellationToken);
        if (end is not null) return end;
        log($"the master speaks {Shown(revision)}");

        string rating = PerformanceRating.Measure(yard.Limits.RatingRounds, session.Facts.Cpus, time);
        var described = await talk!.AskAsync(new BranchRequest.MachineInformation(MachineFacts.Gather(session.Facts, rating)), cancellationToken);
        if (!described.IsDone) log($"the master does not take what this machine is: {described.Text}");
        await DeployAsync(talk, runner, cancellationToken);
        await ReadyAsync(talk, cancellationToken);
        session.Joined();
        await TakeOrdersAsync(talk, revision, runner, cancellationToken);
        return new LinkEnd.Lost("the master orders nothing that this bot knows");
    }

    /// <summary>Until the master has made no sense too often.</summary>
    private async Task TakeOrdersAsync(BotTalk talk, BranchRevision revision, ProgramRunner runner, CancellationToken cancellationToken)
    {
        int unknown = 0;
        while (unknown < MaxUnknown)
        {
            byte[] body = await _wire.NextOrderAsync(cancellationToken);
            switch (OrderOf(talk.Dialect, body))
            {
                case BranchOrder.Ping:
                    await talk.PongAsync(cancellationToken);
                    unknown = 0;
                    break;
                case { } order:
                    _wire.BecomeBusy(body);
                    log(await new BotJob(talk, BotWords.Of(revision), yard, runner).RunAsync(order, cancellationToken));
                    await ReadyAsync(talk, cancellationToken);
                    unknown = 0;
                    break;
                default:
                    await talk.RefuseOrderAsync(cancellationToken);
                    unknown++;
                    break;
            }
        }
    }

    private async Task<(BotTalk?, BranchRevision, LinkEnd?)> LogOnAsync(CancellationToken cancellationToken)
    {
        var login = new BranchLogin(_wire, yard.Limits, options.Name.Value, key, options.Revision);
        try
        {
            var result = await login.RunAsync(memory.First, cancellationToken);
            memory.Spoke(result.Revision);
            return result;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            memory.NothingSaid();
            throw;
        }
    }

    /// <summary>Makes the roots before the first order.</summary>
    private async Task DeployAsync(BotTalk talk, ProgramRunner runner, CancellationToken cancellationToken)
    {
        var answer = await talk.AskAsync(new BranchRequest.DeploymentConfiguration(), cancellationToken);
        if (answer is not { IsDone: true, Data: BranchAnswer.Deployment deployment }) throw new IOException($"the master's deployment configuration makes no sense: {answer.Text}");
        try
        {
            await yard.DeployAsync(deployment.Configuration, runner, log, cancellationToken);
        }
        catch (BotFailureException e)
        {
            // Masters of V2 do not know the word, and answer so; their administrators read it in the other ones.
            await talk.AskAsync(new BranchRequest.SystemEvent($"The root of {options.Name} cannot be made: {e.Message}"), cancellationToken);
            throw;
        }
    }

    private async Task ReadyAsync(BotTalk talk, CancellationToken cancellationToken)
    {
        _wire.BecomeIdle();
        var answer = await talk.AskAsync(new BranchRequest.Ready(), cancellationToken);
        if (!answer.IsDone) throw new IOException($"the master does not take this bot as ready: {answer.Text}");
    }

    private static BranchOrder? OrderOf(BranchDialect dialect, byte[] body)
    {
        bool read = dialect == BranchDialect.V1 ? BranchV1.TryReadOrder(body, out var order) : BranchV2.TryReadOrder(body, out order);
        return read ? order : null;
    }

    private static string Shown(BranchRevision revision) => revision switch
    {
        BranchRevision.V21 => "Branch V2.1",
        BranchRevision.V20 => "Branch V2.0",
        _ => "Branch V1b",
    };
}
