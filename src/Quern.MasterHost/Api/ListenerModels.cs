using System.Collections.Immutable;
using System.Globalization;
using Quern.MasterHost.Configuration;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <param name="Address">As it is wanted; <paramref name="Open"/> is where it really listens.</param>
/// <param name="Open">The address with the port that is really listened on; null while closed.</param>
/// <param name="Problem">Why it could not be opened, or why a new certificate is not used; null when nothing is wrong.</param>
/// <param name="State"><c>listening</c>, <c>inactive</c> or <c>failed</c>.</param>
internal sealed record ListenerModel(
    int Id, string Name, string Protocol, string Address, int Port, bool Enabled, string Origin, string State, string? Open, string? Problem, string? Owner,
    ListenerTlsModel? Tls, ListenerLimitsModel Limits, ListenerCountsModel Counts, bool AgentAcceptor, bool ClientAcceptor, DateTimeOffset? ListeningSince, long Revision)
{
    /// <summary>What it speaks of the MessagePack protocol; empty for other protocols.</summary>
    public ImmutableArray<string> Revisions { get; init; } = [];

    public static ListenerModel Of(ListenerFacts l) => new(
        l.Id, l.Name, l.Protocol, l.Address, l.Port, l.Enabled, l.Origin, Words[l.State], l.Open?.ToString(), l.Problem.Length > 0 ? l.Problem : null,
        l.Owner.Length > 0 ? l.Owner : null,
        l.Tls ? new ListenerTlsModel(l.TlsKind, l.OlderTls ? "1.2" : "1.3", l.CertificateSha256.IsEmpty ? null : Convert.ToHexStringLower(l.CertificateSha256.Span), l.CertificateNotAfter) : null,
        new ListenerLimitsModel(l.Limits.Connections, l.Limits.PerSecond, l.Limits.Handshake.TotalSeconds),
        new ListenerCountsModel(l.ActiveConnections, l.Accepted, l.Refused, l.RefusedBy),
        l.AgentAcceptor, l.ClientAcceptor, l.ListeningSince, l.Revision)
    {
        Revisions = ListenerRevisions.WordsOf(l.Protocol, l.Revisions),
    };

    private static readonly ImmutableDictionary<ListenerState, string> Words =
        Enum.GetValues<ListenerState>().ToImmutableDictionary(s => s, s => s.ToString().ToLower(CultureInfo.InvariantCulture));
}

/// <param name="Kind"><c>farm</c>: the farm's own certificate; <c>given</c>; <c>files</c>.</param>
/// <param name="Min"><c>1.3</c> or <c>1.2</c>.</param>
/// <param name="CertificateSha256">What peers compare; null while it is not known.</param>
internal sealed record ListenerTlsModel(string Kind, string Min, string? CertificateSha256, DateTimeOffset? NotAfter);

/// <param name="PerSecond">0 for as many as come.</param>
internal sealed record ListenerLimitsModel(int Connections, int PerSecond, double HandshakeSeconds);

/// <param name="Active">Connections of now, with those that came before the port was closed or moved.</param>
internal sealed record ListenerCountsModel(int Active, long Accepted, long Refused, ImmutableSortedDictionary<string, long> RefusedBy);

internal sealed record ListenerPage(ImmutableArray<ListenerModel> Items);

/// <param name="Port">Null for the protocol's own.</param>
/// <param name="Revisions">Null for v7 alone; <c>["v7", "v1"]</c> takes workers of Buildbot 3.5 too.</param>
internal sealed record ListenerRequest(
    string Protocol, int? Port = null, string? Address = null, IReadOnlyList<string>? Revisions = null, string? Name = null, bool Enabled = true,
    TlsRequest? Tls = null, LimitsRequest? Limits = null, bool AgentAcceptor = true, bool ClientAcceptor = true);

/// <summary>Members that are left out stay as they are.</summary>
/// <param name="Revision">That the change is made from; null for whatever it is.</param>
internal sealed record ListenerEditRequest(
    string? Name = null, string? Address = null, int? Port = null, bool? Enabled = null, IReadOnlyList<string>? Revisions = null, TlsRequest? Tls = null,
    LimitsRequest? Limits = null, bool? AgentAcceptor = null, bool? ClientAcceptor = null, string? Owner = null, bool CloseConnections = false,
    int? DrainSeconds = null, long? Revision = null);

/// <param name="Kind"><c>none</c>, <c>farm</c>, <c>given</c> (with both texts) or <c>files</c> (with both paths).</param>
/// <param name="Certificate">PEM chain, or a path of the master's machine.</param>
/// <param name="Key">PKCS#8 in PEM, or a path. Never answered.</param>
/// <param name="Min"><c>1.3</c> or <c>1.2</c>.</param>
internal sealed record TlsRequest(string Kind, string? Certificate = null, string? Key = null, string? Min = null)
{
    public override string ToString() => Kind;
}

/// <summary>Zero: the default of the protocol. What is left out is the default too, or in a change stays as it is.</summary>
internal sealed record LimitsRequest(int? Connections = null, int? PerSecond = null, double? HandshakeSeconds = null);

/// <param name="CloseConnections">Those that came in by it too, at once.</param>
/// <param name="DrainSeconds">After which those that are left are closed; null lets them stay.</param>
internal sealed record StopRequest(bool CloseConnections = false, int? DrainSeconds = null);
