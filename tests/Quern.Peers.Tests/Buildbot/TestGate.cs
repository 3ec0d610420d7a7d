using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Testing;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>A farm that knows one password and hands every attached link and every end to the test.</summary>
internal sealed class TestGate : IWorkerGate
{
    public const string Password = "throwaway-pw";

    public Channel<MessagePackLink> Links { get; } = Channel.CreateUnbounded<MessagePackLink>();

    public Channel<WorkerName> Refusals { get; } = Channel.CreateUnbounded<WorkerName>();

    public Channel<string> Ends { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Logins whose check has begun.</summary>
    public Channel<string> Asked { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Holds the answer to a login up; null for at once.</summary>
    public Func<CancellationToken, Task>? Line { get; set; }

    public async ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken)
    {
        Asked.Writer.TryWrite(name.Value);
        if (Line is { } line) await line(cancellationToken);
        return password == Password;
    }

    public ValueTask<bool> CheckAsync(
        WorkerName name, ReadOnlyMemory<byte> challenge, ReadOnlyMemory<byte> response, CancellationToken cancellationToken) =>
        new(ChallengeResponse.Of(Password, challenge.Span).AsSpan().SequenceEqual(response.Span));

    public ImmutableArray<string> PlacesOf(WorkerName name) => ["slot-1", "slot-2"];

    public ValueTask AttachedAsync(IWorkerLink link) => Links.Writer.WriteAsync((MessagePackLink)link);

    public void Refused(WorkerName name, string remote) => Refusals.Writer.TryWrite(name);

    /// <summary>Who did what it may not.</summary>
    public Channel<string> Trespasses { get; } = Channel.CreateUnbounded<string>();

    /// <summary>The name and reason of every end, in order.</summary>
    public ConcurrentQueue<(string Name, string Reason)> NamedEnds { get; } = new();

    public void Trespassed(WorkerName? name, string remote, string what) => Trespasses.Writer.TryWrite($"{name?.Value} {what}");

    public Task<string> NextTrespassAsync() => Trespasses.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public void Ended(WorkerName? name, string remote, string reason) => Kept(name, reason);

    private void Kept(WorkerName? name, string reason)
    {
        NamedEnds.Enqueue((name?.Value ?? "", reason));
        Ends.Writer.TryWrite(reason);
    }

    public Task<MessagePackLink> NextLinkAsync() => Links.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<string> NextEndAsync() => Ends.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Longer than anything takes; a test that needs it has failed.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);
}
