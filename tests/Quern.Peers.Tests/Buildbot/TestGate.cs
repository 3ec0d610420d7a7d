using System.Collections.Immutable;
using System.Threading.Channels;
using Quern.Model;
using Quern.Peers.Buildbot;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>A farm that knows one password and hands every attached link and every end to the test.</summary>
internal sealed class TestGate : IMessagePackGate
{
    public const string Password = "throwaway-pw";

    public Channel<MessagePackLink> Links { get; } = Channel.CreateUnbounded<MessagePackLink>();

    public Channel<WorkerName> Refusals { get; } = Channel.CreateUnbounded<WorkerName>();

    public Channel<string> Ends { get; } = Channel.CreateUnbounded<string>();

    public ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken) =>
        new(password == Password);

    public ImmutableArray<string> PlacesOf(WorkerName name) => ["slot-1", "slot-2"];

    public ValueTask AttachedAsync(MessagePackLink link) => Links.Writer.WriteAsync(link);

    public void Refused(WorkerName name, string remote) => Refusals.Writer.TryWrite(name);

    public void Ended(WorkerName? name, string remote, string reason) => Ends.Writer.TryWrite(reason);

    public Task<MessagePackLink> NextLinkAsync() => Links.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<string> NextEndAsync() => Ends.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Longer than anything takes; a test that needs it has failed.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);
}
