using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Quern.MasterHost.Configuration;
using Quern.Peers.Buildbot;
using Quern.Peers.Estate;
using Quern.Peers.Ports;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>Opens the port of a listener, and says why one cannot be had.</summary>
/// <param name="tell">Told what became of changed certificate files, with the listener.</param>
internal sealed class PortOpener(CertificateShelf certificates, Action<StoredListener, string> tell, TimeProvider time)
{
    /// <summary>By protocol; what this build lacks cannot be opened.</summary>
    public ImmutableDictionary<string, IWorkerAcceptor> Acceptors { get; set; } = ImmutableDictionary<string, IWorkerAcceptor>.Empty;

    public PortOpening Open(StoredListener listener)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(listener.Address), listener.Port);
        if (!Acceptors.ContainsKey(listener.Protocol))
            return new PortOpening.Refused(EstateCode.BindFailed, $"{listener.Protocol} cannot listen on {endPoint}: this build has no {listener.Protocol} door.", "protocol");
        if (Settle(listener, out string why) is not { } settled) return new PortOpening.Refused(EstateCode.InvalidCertificate, why, "tls");
        try
        {
            return new PortOpening.Opened(WorkerListener.Open(endPoint, settled.Settings, time), settled.Certificate);
        }
        catch (SocketException e)
        {
            var code = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? EstateCode.AddressInUse : EstateCode.BindFailed;
            return new PortOpening.Refused(code, PortProblem.Explain(listener.Protocol, endPoint, e), e.SocketErrorCode == SocketError.AddressNotAvailable ? "address" : "port");
        }
    }

    /// <summary>What a port does with its peers; null, and why as a sentence, when the certificate cannot be used.</summary>
    public (PortSettings Settings, CertificateSource? Certificate)? Settle(StoredListener listener, out string why)
    {
        why = "";
        var certificate = certificates.Open(listener.Tls, text => tell(listener, text), out string problem);
        if (problem.Length > 0)
        {
            why = $"The certificate of {listener.Protocol} {EndPoints.Text(IPAddress.Parse(listener.Address), listener.Port)} cannot be used: {problem}.";
            return null;
        }
        bool older = listener.Tls.Older, asksWho = ListenerDefaults.AsksWho(listener.Protocol);
        var settings = new PortSettings(AcceptorOf(listener))
        {
            Tls = certificate is null ? null : () => TlsTerms.Of(certificate.Current.Context, older, asksWho),
            Limits = ListenerDefaults.LimitsOf(listener),
            Agents = listener.AgentAcceptor,
            People = listener.ClientAcceptor,
        };
        return (settings, certificate);
    }

    private IWorkerAcceptor AcceptorOf(StoredListener listener) => Acceptors[listener.Protocol] switch
    {
        MessagePackAcceptor acceptor => acceptor.Speaking(ListenerRevisions.Of(listener.Revisions)),
        var other => other,
    };
}

/// <summary>Whether a port was opened.</summary>
internal abstract record PortOpening
{
    private PortOpening() { }

    public sealed record Opened(WorkerListener Port, CertificateSource? Certificate) : PortOpening;

    /// <param name="Why">A sentence that says what to do.</param>
    /// <param name="Field">As the API calls what was wrong.</param>
    public sealed record Refused(EstateCode Code, string Why, string Field) : PortOpening;
}
