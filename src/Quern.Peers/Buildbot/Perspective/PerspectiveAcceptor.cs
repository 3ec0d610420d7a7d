using Quern.Model;
using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>Leads a connection over Perspective Broker from its first byte to a link that takes work, and to its end.</summary>
public sealed class PerspectiveAcceptor(
    IWorkerGate gate, LinkRegistry registry, PerspectiveLinkOptions options, TimeProvider time) : IWorkerAcceptor
{
    /// <summary>
    /// Calls of one worker that wait for an answer, and below what they hold. What really bounds them is
    /// <see cref="WorkerLinkOptions.MaxWaitingBytes"/> of each of its commands, behind which the worker waits; the connection's own
    /// limits would cut off a worker of many slots whose logs are slow.
    /// </summary>
    private const int MaxUnansweredCalls = 100_000;

    /// <inheritdoc/>
    public async Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var complaints = new Complaints(gate, remote);
        var login = new WorkerLogin(gate, options, time, remote, complaints);
        var limits = new PerspectiveOptions
        {
            MaxMessageBytes = options.MaxLoginMessageBytes,
            MaxUnansweredCalls = MaxUnansweredCalls,
            MaxUnansweredBytes = int.MaxValue,
            Stray = complaints.Note,
            Fault = error => complaints.Note($"made a call on which the master failed: {error.GetType().Name}: {error.Message}"),
        };
        await using var connection = PerspectiveConnection.Server(stream, limits, time, PerspectiveLogin.Root(login));
        Task<string> running = connection.RunAsync(cancellationToken);
        try
        {
            if (await AttachAsync(login, connection) is { } link) await WorkAsync(link);
        }
        finally
        {
            connection.Close("the master let go of the connection");
            await running;
        }

        string reason = login.Explain(await connection.Closed);
        gate.Ended(login.Name, remote, cancellationToken.IsCancellationRequested ? "the master stopped listening" : reason);
    }

    /// <summary>Waits for a worker that has logged in and is described; null when it does not come to that.</summary>
    private async Task<PerspectiveLink?> AttachAsync(WorkerLogin login, PerspectiveConnection connection)
    {
        using var late = new CancellationTokenSource(options.LoginDeadline, time);
        await using (late.Token.UnsafeRegister(_ => login.EndPatience(connection), null))
        {
            await Task.WhenAny(login.Checked, connection.Closed);
        }

        using var slow = new CancellationTokenSource(options.AttachDeadline, time);
        await using (slow.Token.UnsafeRegister(
            _ => connection.Close($"the worker did not get ready within {options.AttachDeadline.TotalSeconds:0} s"), null))
        {
            await Task.WhenAny(login.Attached, connection.Closed);
        }

        return login.Attached.IsCompletedSuccessfully ? await login.Attached : null;
    }

    private async Task WorkAsync(PerspectiveLink link)
    {
        await using (link)
        {
            registry.Take(link);
            await gate.AttachedAsync(link);
            await link.Closed;
            registry.Remove(link);
        }
    }
}
