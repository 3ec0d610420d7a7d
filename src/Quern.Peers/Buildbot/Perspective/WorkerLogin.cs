using Quern.Model;
using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>
/// The login of one connection: checks the worker and gets to know it while the worker still waits for the answer, as real
/// masters do. buildbot-pb.md sections 7 and 8.1.
/// </summary>
internal sealed class WorkerLogin(IWorkerGate gate, PerspectiveLinkOptions options, TimeProvider time, string remote, Complaints complaints) : ILoginRealm
{
    private const string Refusal = "an unknown name or a wrong password";

    private readonly TaskCompletionSource _checked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<PerspectiveLink> _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _attempts;
    private int _accepted;
    private volatile string? _name;

    /// <summary>Who logged in; null when nobody did.</summary>
    public WorkerName? Name => _name is { } name ? new WorkerName(name) : null;

    /// <summary>Completes when a worker has shown its password.</summary>
    public Task Checked => _checked.Task;

    /// <summary>Completes when the worker can take work.</summary>
    public Task<PerspectiveLink> Attached => _attached.Task;

    /// <summary>The time for a login is over.</summary>
    public void EndPatience(PerspectiveConnection connection)
    {
        if (!Checked.IsCompleted) connection.Close($"no login within {options.LoginDeadline.TotalSeconds:0} s");
    }

    /// <summary>Why the connection ended: one that was turned away ends for that, whoever closed it.</summary>
    public string Explain(string reason) => Name is null && Volatile.Read(ref _attempts) > 0 ? Refusal : reason;

    public async Task<LoginDecision> LoginAsync(LoginAttempt attempt)
    {
        Interlocked.Increment(ref _attempts);
        bool named = WorkerName.TryParse(attempt.UserName, out WorkerName claimed) && !ReservedUserNames.Contains(attempt.UserName);
        bool proved = named && await gate.CheckAsync(claimed, attempt.Challenge, attempt.Response, CancellationToken.None);
        // One worker to a connection: who has logged in has no business at the door any more.
        if (!proved || Interlocked.Exchange(ref _accepted, 1) != 0)
        {
            if (Name is not null) complaints.Note($"tried to log in again, as '{attempt.UserName}'");
            if (named && !proved) gate.Refused(claimed, remote);
            return new LoginDecision.Refused(CopiedFailure.UnauthorizedLogin());
        }

        _name = claimed.Value;
        complaints.Name = claimed;
        attempt.Connection.MaxMessageBytes = options.MaxAttachMessageBytes;
        _checked.TrySetResult();
        return await AttachAsync(attempt, claimed);
    }

    private async Task<LoginDecision> AttachAsync(LoginAttempt attempt, WorkerName name)
    {
        PerspectiveConnection connection = attempt.Connection;
        DescribeStep step = DescribeSequence.Start();
        while (step.Method is { } method)
        {
            CallResult answer = await connection.CallAsync(
                attempt.Mind, method, [],
                step.Message is { } message ? PerspectiveNames.Says(message) : []);
            step = DescribeSequence.Next(step.State, answer);
        }

        if (step.State is not DescribeState.Known known) return Give(connection, ((DescribeState.Failed)step.State).Reason);
        connection.MaxMessageBytes = options.MaxMessageBytes;
        var builders = new BuilderBook(connection, attempt.Mind);
        if (await builders.OfferAsync(gate.PlacesOf(name)) is { } problem) return Give(connection, problem);

        var avatar = new Avatar();
        _attached.TrySetResult(new PerspectiveLink(connection, attempt.Mind, builders, avatar, name, known.Info, options, time, complaints));
        return new LoginDecision.Accepted(avatar);
    }

    /// <summary>It is let in but of no use. A stock worker ends its process at an error here, so the connection is closed instead.</summary>
    private static LoginDecision.Refused Give(PerspectiveConnection connection, string reason)
    {
        connection.Close(reason);
        return new LoginDecision.Refused(CopiedFailure.Of("builtins.RuntimeError", reason));
    }
}
