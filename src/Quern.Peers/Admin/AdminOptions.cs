namespace Quern.Peers.Admin;

/// <summary>Bounds of the administration protocol's door. The original has none of them. Administration protocol, "Connection states".</summary>
public sealed record AdminOptions
{
    /// <summary>From connecting to the first message. Default 10 s, as the specification.</summary>
    public TimeSpan SessionDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first message to the login. Default 120 s, as the specification: somebody may be typing.</summary>
    public TimeSpan LoginDeadline { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Messages a minute of a peer that has not logged in. Default 20, as the specification.</summary>
    public int StrangersMessages { get; init; } = 20;

    /// <summary>Logins that fail on one connection before it is closed. Default 5, as the specification.</summary>
    public int MaxFailures { get; init; } = 5;

    /// <summary>Messages of unknown type before the connection is closed. Default 10, as the specification.</summary>
    public int MaxUnknown { get; init; } = 10;

    /// <summary>Banners a minute with their image. Default 10, as the specification; those asked for beyond come without it.</summary>
    public int Banners { get; init; } = 10;

    /// <summary>How often a peer is asked whether it lives, and whether its session still counts. Default 30 s, as the specification.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without a message of the peer before the connection is closed. Default 90 s, as the specification.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>For the peer to take what is sent. Default 30 s.</summary>
    public TimeSpan SendDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For an agent to answer a request that was brought to it. Default 10 s.</summary>
    public TimeSpan AgentPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages that wait to be sent over one connection. Default 32: an answer has up to 1 MiB.</summary>
    public int SendQueue { get; init; } = 32;

    /// <summary>Connections at once. Default 4,096.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Of these, how many may not be logged in. Default 512.</summary>
    public int MaxStrangers { get; init; } = 512;

    /// <summary>Of these, how many may come from one address (IPv6: from one /64). Default 128: a laboratory behind one address fits in.</summary>
    public int MaxStrangersOfAddress { get; init; } = 128;

    /// <summary>Bytes of messages that have begun and are not whole, of all connections together. Default 256 MiB: 64 of the longest.</summary>
    public long MaxKeptBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>State streams of one connection. Default 16.</summary>
    public int MaxStreams { get; init; } = 16;

    /// <summary>Whether everybody must have one-time codes; the banner says so.</summary>
    public bool RequiresTotp { get; init; }

    /// <summary>Characters of a new password at least; the banner says so.</summary>
    public int MinPassword { get; init; } = 12;

    /// <summary>
    /// How long password and code count for what is grave (<see cref="Estate.EstateActs"/>) before they are asked for again; zero, the default here: never asked.
    /// </summary>
    public TimeSpan StepUp { get; init; }

    /// <summary>
    /// Whether clients of before 2021-11-14 may come in, which know no results: ping, banner, login and logout. Off by default, as the specification.
    /// </summary>
    public bool TakesOutcomes { get; init; }

    /// <summary>The UUID by which peers know this farm, the same at every start.</summary>
    public string ServerUuid { get; init; } = "";
}
