using System.Collections.Concurrent;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Makes keys and remembers who asked for which.</summary>
internal sealed class KeyDesk : IEnrolmentKeys
{
    private int _made;

    /// <summary>In the order they were asked for.</summary>
    public ConcurrentQueue<(Caller Who, NewEnrolmentKey Key, string Secret)> Keys { get; } = new();

    public ConcurrentQueue<string> Revoked { get; } = new();

    /// <summary>What the next keys are answered with; null makes them.</summary>
    public EstateAnswer? Refusal { get; set; }

    public Task<EnrolmentKeyMade> CreateKeyAsync(Caller who, NewEnrolmentKey key, CancellationToken cancellationToken)
    {
        if (Refusal is { } refusal) return Task.FromResult(new EnrolmentKeyMade(refusal));
        int number = Interlocked.Increment(ref _made);
        string secret = $"qk1_{number}_{Guid.NewGuid():N}";
        Keys.Enqueue((who, key, secret));
        return Task.FromResult(new EnrolmentKeyMade(EstateAnswer.Done($"key-{number}"), secret, new DateTimeOffset(2061, 7, 29, 3, 14, 15, TimeSpan.Zero)));
    }

    public Task<EstateAnswer> RevokeKeyAsync(Caller who, string id, CancellationToken cancellationToken)
    {
        Revoked.Enqueue(id);
        return Task.FromResult(EstateAnswer.Done(id));
    }
}
