using System.Text;
using Quern.MasterHost.Configuration;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>Turns requests about listeners into the words of the desk; null, and why, when they make no sense.</summary>
internal static class ListenerRequests
{
    private const double MaxSeconds = 1_000_000;

    public static NewListener? Read(ListenerRequest request, out string mistake)
    {
        if (!ListenerProtocols.IsKnown(request.Protocol)) return Wrong<NewListener>(ListenerProtocols.Unknown(request.Protocol), out mistake);
        if ((request.Port ?? ListenerProtocols.DefaultPort(request.Protocol)) is not { } port)
            return Wrong<NewListener>($"{request.Protocol} needs a 'port' (0 picks a free one).", out mistake);
        if (TlsOf(request.Tls, out mistake) is not { } tls || LimitsOf(request.Limits, 0, out mistake) is not { } limits) return null;
        return new NewListener(request.Protocol, request.Address ?? "127.0.0.1", port, request.Name ?? "")
        {
            Enabled = request.Enabled,
            Revisions = string.Join(',', request.Revisions ?? []),
            Tls = tls,
            OlderTls = request.Tls?.Min == "1.2",
            Limits = limits,
            AgentAcceptor = request.AgentAcceptor,
            ClientAcceptor = request.ClientAcceptor,
        };
    }

    public static ListenerEdit? Read(string listener, ListenerEditRequest request, out string mistake)
    {
        if (TlsOf(request.Tls, out mistake) is not { } tls || LimitsOf(request.Limits, ListenerLimits.Unchanged, out mistake) is not { } limits) return null;
        return new ListenerEdit(listener)
        {
            NewName = request.Name,
            Address = request.Address,
            Port = request.Port,
            Enabled = request.Enabled,
            Revisions = request.Revisions is { } words ? string.Join(',', words) : null,
            Tls = request.Tls is null ? null : tls,
            OlderTls = request.Tls?.Min is { } min ? min == "1.2" : null,
            Limits = request.Limits is null ? null : limits,
            AgentAcceptor = request.AgentAcceptor,
            ClientAcceptor = request.ClientAcceptor,
            NewOwner = request.Owner,
            CloseConnections = request.CloseConnections,
            Drain = Seconds(request.DrainSeconds),
            ExpectedRevision = request.Revision ?? 0,
        };
    }

    public static TimeSpan? Seconds(int? seconds) => seconds is { } s ? TimeSpan.FromSeconds(s) : null;

    private static ListenerTls? TlsOf(TlsRequest? request, out string mistake)
    {
        mistake = "";
        if (request is null) return ListenerTls.None;
        if (request.Min is not (null or "1.2" or "1.3")) return Wrong<ListenerTls>($"'tls.min' must be 1.2 or 1.3, not '{request.Min}'.", out mistake);
        bool both = request is { Certificate.Length: > 0, Key.Length: > 0 }, neither = request is { Certificate: null, Key: null };
        return request.Kind switch
        {
            "none" when neither => ListenerTls.None,
            "farm" when neither => new ListenerTls.Farm(),
            "given" when both => new ListenerTls.Given(Encoding.UTF8.GetBytes(request.Certificate!), Encoding.UTF8.GetBytes(request.Key!)),
            "files" when both => new ListenerTls.Files(request.Certificate!, request.Key!),
            "none" or "farm" => Wrong<ListenerTls>($"'tls.kind' {request.Kind} goes without 'certificate' and 'key'.", out mistake),
            "given" or "files" => Wrong<ListenerTls>($"'tls.kind' {request.Kind} needs 'certificate' and 'key'.", out mistake),
            _ => Wrong<ListenerTls>($"'tls.kind' must be none, farm, given or files, not '{request.Kind}'.", out mistake),
        };
    }

    private static ListenerLimits? LimitsOf(LimitsRequest? request, int leftOut, out string mistake)
    {
        mistake = "";
        if (request is null) return new ListenerLimits();
        // Not a number, or more than a time span holds.
        if (request.HandshakeSeconds is { } seconds && seconds is not (>= 0 and <= MaxSeconds))
            return Wrong<ListenerLimits>("'limits.handshake_seconds' must be from 1 to 300, or 0 for the default.", out mistake);
        if (request.Connections < 0 || request.PerSecond < 0) return Wrong<ListenerLimits>("The numbers of 'limits' must not be below 0.", out mistake);
        return new ListenerLimits(
            request.Connections ?? leftOut, request.PerSecond ?? leftOut,
            request.HandshakeSeconds is { } given ? TimeSpan.FromMilliseconds(Math.Floor(given * 1000)) : TimeSpan.FromSeconds(leftOut));
    }

    private static T? Wrong<T>(string why, out string mistake) where T : class
    {
        mistake = why;
        return null;
    }
}
