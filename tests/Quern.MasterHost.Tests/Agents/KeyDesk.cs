using System.Collections.Concurrent;
using System.Net;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Makes keys and remembers who asked for which; lets no agent in.</summary>
internal sealed class KeyDesk : IAgentDesk
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

    public Task<Page<AgentFacts>> ListAsync(Caller who, string group, bool onlineOnly, string after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(new Page<AgentFacts>([]));

    public Task<EstateAnswer> ModerateAsync(Caller who, string uuid, AgentModeration action, CancellationToken cancellationToken) =>
        Task.FromResult(new EstateAnswer(EstateCode.NotFound));

    public Task<AgentWelcome> EnrolAsync(string key, ReadOnlyMemory<byte> request, string instance, IPAddress from, CancellationToken cancellationToken) =>
        Task.FromResult<AgentWelcome>(new AgentWelcome.Refused());

    public Task<AgentWelcome> RenewAsync(string uuid, ReadOnlyMemory<byte> request, IPAddress from, CancellationToken cancellationToken) =>
        Task.FromResult<AgentWelcome>(new AgentWelcome.Refused());

    public string? Recognize(ReadOnlyMemory<byte> certificate) => null;
}
