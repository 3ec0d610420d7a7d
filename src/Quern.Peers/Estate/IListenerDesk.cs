using System.Collections.Immutable;
using System.Net;

namespace Quern.Peers.Estate;

/// <summary>The doors of the farm, opened and closed while it runs. One change at a time; other connections are not touched.</summary>
public interface IListenerDesk
{
    /// <summary>Needs <c>listener:create</c>. An enabled one is opened before it is stored: what cannot be had leaves nothing behind.</summary>
    Task<EstateAnswer> CreateAsync(Caller who, NewListener listener, CancellationToken cancellationToken);

    /// <summary>Needs <c>listener:update</c>. A new address, port or certificate is opened first; if that fails the old one goes on.</summary>
    Task<EstateAnswer> UpdateAsync(Caller who, ListenerEdit edit, CancellationToken cancellationToken);

    /// <summary>Needs <c>listener:delete</c>.</summary>
    /// <param name="listener">Id or name.</param>
    /// <param name="closeConnections">False: those that came in by it stay.</param>
    /// <param name="expectedRevision">0: whatever it is.</param>
    Task<EstateAnswer> RemoveAsync(Caller who, string listener, bool closeConnections, long expectedRevision, CancellationToken cancellationToken) =>
        RemoveAsync(who, new ListenerRemoval(listener) { CloseConnections = closeConnections, ExpectedRevision = expectedRevision }, cancellationToken);

    /// <summary>Needs <c>listener:delete</c>.</summary>
    Task<EstateAnswer> RemoveAsync(Caller who, ListenerRemoval removal, CancellationToken cancellationToken);

    /// <summary>Null without <c>listener:list</c>.</summary>
    ImmutableArray<ListenerFacts>? List(Caller who);
}

/// <param name="Protocol">One of the farm's; empty for <c>admin</c>, which the messages of that protocol mean.</param>
/// <param name="Port">0 picks a free one.</param>
/// <param name="Name">Empty for one made of protocol and port.</param>
public sealed record NewListener(string Protocol, string Address, int Port, string Name = "")
{
    public bool Enabled { get; init; } = true;

    /// <summary>Of the protocol, separated by commas; empty for its default.</summary>
    public string Revisions { get; init; } = "";

    public ListenerTls Tls { get; init; } = ListenerTls.None;

    /// <summary>Whether TLS 1.2 is good enough; else it must be 1.3.</summary>
    public bool OlderTls { get; init; }

    public ListenerLimits Limits { get; init; } = new();

    /// <summary>Of the admin protocol: whether agents may come in.</summary>
    public bool AgentAcceptor { get; init; } = true;

    /// <summary>Of the admin protocol: whether people may come in.</summary>
    public bool ClientAcceptor { get; init; } = true;
}

/// <summary>How a listener is secured. <c>admin</c> always is: with none given, by the farm's own certificate.</summary>
public abstract record ListenerTls
{
    private ListenerTls() { }

    public static ListenerTls None { get; } = new Plain();

    public sealed record Plain : ListenerTls;

    /// <summary>The certificate that the farm made at its first start.</summary>
    public sealed record Farm : ListenerTls;

    /// <param name="Certificate">Chain, PEM or DER; the leaf first.</param>
    /// <param name="Key">PKCS#8, PEM or DER. Write-only.</param>
    public sealed record Given(ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Key) : ListenerTls;

    /// <summary>Files of this machine, read again when they change.</summary>
    public sealed record Files(string Certificate, string Key) : ListenerTls;
}

/// <summary>What one listener lets in. Zero: the default of its protocol. Below zero, in an edit alone: as it is.</summary>
/// <param name="Connections">At once.</param>
/// <param name="PerSecond">New connections.</param>
/// <param name="Handshake">Until TLS is done.</param>
public sealed record ListenerLimits(int Connections = 0, int PerSecond = 0, TimeSpan Handshake = default)
{
    public const int Unchanged = -1;
}

/// <param name="Listener">Id or name.</param>
public sealed record ListenerEdit(string Listener)
{
    public string? NewName { get; init; }

    public string? Address { get; init; }

    public int? Port { get; init; }

    public bool? Enabled { get; init; }

    /// <summary>Start (true) or stop (false) it now, without a change of <see cref="Enabled"/>.</summary>
    public bool? Listening { get; init; }

    public string? Revisions { get; init; }

    public ListenerTls? Tls { get; init; }

    /// <inheritdoc cref="NewListener.OlderTls"/>
    public bool? OlderTls { get; init; }

    public ListenerLimits? Limits { get; init; }

    public bool? AgentAcceptor { get; init; }

    public bool? ClientAcceptor { get; init; }

    public string? NewOwner { get; init; }

    /// <summary>Where it stops: false leaves connections that came in by it.</summary>
    public bool CloseConnections { get; init; }

    /// <summary>Where it stops: how long they may stay before they are closed; null for as long as they want.</summary>
    public TimeSpan? Drain { get; init; }

    /// <summary>0: whatever it is.</summary>
    public long ExpectedRevision { get; init; }
}

/// <param name="Listener">Id or name.</param>
public sealed record ListenerRemoval(string Listener)
{
    /// <inheritdoc cref="ListenerEdit.CloseConnections"/>
    public bool CloseConnections { get; init; }

    /// <inheritdoc cref="ListenerEdit.Drain"/>
    public TimeSpan? Drain { get; init; }

    /// <summary>0: whatever it is.</summary>
    public long ExpectedRevision { get; init; }
}

public enum ListenerState
{
    Inactive,
    Listening,

    /// <summary>It is to be open, and could not be: <see cref="ListenerFacts.Problem"/>.</summary>
    Failed,
}

public sealed record ListenerFacts(int Id, string Name, string Protocol, string Address, int Port, ListenerState State)
{
    public bool Enabled { get; init; }

    /// <summary><c>file</c>, <c>api</c>, or <c>command</c> for one of this run alone.</summary>
    public string Origin { get; init; } = "";

    /// <summary>A user name; may be empty.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Where it listens, with the port that was chosen; null while it does not.</summary>
    public IPEndPoint? Open { get; init; }

    public string Problem { get; init; } = "";

    public string Revisions { get; init; } = "";

    public bool Tls { get; init; }

    /// <summary><c>none</c>, <c>farm</c>, <c>given</c> or <c>files</c>.</summary>
    public string TlsKind { get; init; } = "none";

    /// <inheritdoc cref="NewListener.OlderTls"/>
    public bool OlderTls { get; init; }

    /// <summary>Of the certificate, DER; empty without TLS.</summary>
    public ReadOnlyMemory<byte> CertificateSha256 { get; init; }

    public DateTimeOffset? CertificateNotAfter { get; init; }

    public DateTimeOffset? ListeningSince { get; init; }

    public ListenerLimits Limits { get; init; } = new();

    public bool AgentAcceptor { get; init; } = true;

    public bool ClientAcceptor { get; init; } = true;

    public int ActiveConnections { get; init; }

    /// <summary>Since it was opened.</summary>
    public long Accepted { get; init; }

    /// <summary>Turned away since it was opened, by limits or because TLS failed.</summary>
    public long Refused { get; init; }

    /// <summary>Why, in words of one kind: <c>too_many</c>, <c>too_fast</c>, <c>tls_failed</c>, <c>tls_too_slow</c>. All four, with 0 too.</summary>
    public ImmutableSortedDictionary<string, long> RefusedBy { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    public long Revision { get; init; }
}
