using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents;

/// <summary>
/// The farm's doors for agents, as its listeners are. Which key a door shows is found by knocking at it: so the pin is that of what is really
/// served, whether the certificate is the farm's own, given, or a file that was changed a moment ago.
/// </summary>
/// <param name="open">The open listeners: protocol, and the address with the port that was chosen.</param>
internal sealed class ListenerDoors(Func<IEnumerable<(string Protocol, IPEndPoint EndPoint)>> open, TimeProvider time) : IFarmDoors
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What a desk for listeners has open for agents.</summary>
    public static ListenerDoors Of(IListenerDesk desk, TimeProvider time)
    {
        var farm = new Caller(new Principal(Actor.Farm.Name, [Right.ListenerList]), IPAddress.Loopback, "farm");
        return new ListenerDoors(
            () => (desk.List(farm) ?? []).Where(l => l.Open is not null && (l.AgentAcceptor || l.Protocol != ListenerProtocols.Admin)).Select(l => (l.Protocol, l.Open!)), time);
    }

    public async Task<FarmDoors> FindAsync(CancellationToken cancellationToken)
    {
        var admin = ImmutableArray.CreateBuilder<IPEndPoint>();
        var masters = ImmutableArray.CreateBuilder<IPEndPoint>();
        var pins = new List<string>();
        foreach (var (protocol, endPoint) in open())
        {
            var doors = protocol switch
            {
                ListenerProtocols.Admin => admin,
                ListenerProtocols.BuildbotMessagePack => masters,
                _ => null,
            };
            if (doors is null || await PinOfAsync(endPoint, cancellationToken) is not { } pin) continue;
            doors.Add(endPoint);
            if (!pins.Contains(pin)) pins.Add(pin);
        }
        return new FarmDoors(admin.ToImmutable(), masters.ToImmutable(), [.. pins]);
    }

    /// <summary>SHA-256 of the public key that a door shows, in Base64; null when it does not speak TLS.</summary>
    private async Task<string?> PinOfAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var address = endPoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : endPoint.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : endPoint.Address;
        string? pin = null;
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(address, endPoint.Port), both.Token);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
                // Our own door: whatever it shows is what agents will see.
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    if (certificate is X509Certificate2 shown) pin = Convert.ToBase64String(SHA256.HashData(shown.PublicKey.ExportSubjectPublicKeyInfo()));
                    return pin is not null;
                },
            }, both.Token);
            return pin;
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
