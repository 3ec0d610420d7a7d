using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>What a client says of itself, and how patient it is.</summary>
public sealed record AdminClientOptions
{
    /// <summary>Stays the same for an installation; proves nothing.</summary>
    public string InstanceUuid { get; init; } = Guid.NewGuid().ToString("D");

    /// <summary>What the program is.</summary>
    public InstanceType Type { get; init; } = InstanceType.InstanceClient;

    /// <summary>Which program it is.</summary>
    public InstanceFlavor Flavor { get; init; } = InstanceFlavor.FlavorClientTerminal;

    /// <summary>Name and version, for the session list.</summary>
    public string Product { get; init; } = "";

    /// <summary>What it can; Quern's own messages by default, which brings results and tails.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = ["quern.v1"];

    /// <summary>For the first answer. Default 10 s.</summary>
    public TimeSpan SessionPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For every other answer. Default 60 s: logins of many wait for each other.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the server is asked whether it lives; zero for never. It is given up after three times that without a word. Default 30 s.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that may wait for their answers at once. Default 64.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>Events of the server: stream and message. Called by the reader, so it must not wait for an answer.</summary>
    public Action<int, Google.Protobuf.IMessage>? Events { get; init; }

    /// <summary>
    /// Answers a question of the server that is no ping: a message, or <see cref="AdminReply.Result"/>'s number. Null for none. Called by the reader,
    /// so it must not wait for an answer.
    /// </summary>
    public Func<Google.Protobuf.IMessage, AdminReply?>? Questions { get; init; }
}
