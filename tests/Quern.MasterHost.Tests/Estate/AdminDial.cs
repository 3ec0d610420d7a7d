using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Quern.MasterHost.Configuration;
using Quern.Protocols.Admin;

namespace Quern.MasterHost.Tests.Estate;

/// <summary>A whole master with an administration listener, and clients of it over TLS.</summary>
internal static class AdminDial
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<MasterFixture> StartAsync() =>
        MasterFixture.StartAsync(folder => MasterFixture.Options(folder) with { Listen = [new ListenerSetting(ListenerProtocols.Admin, IPAddress.Loopback, 0)] });

    public static IPEndPoint PortOf(MasterFixture farm) => IPEndPoint.Parse(farm.Master.Listening.Single(l => l.Protocol == ListenerProtocols.Admin).EndPoint);

    /// <param name="certificate">What the client shows within TLS, with its key; null for nothing.</param>
    public static async Task<AdminClient> OpenAsync(MasterFixture farm, AdminClientOptions? options = null, X509Certificate2? certificate = null) =>
        await AdminClient.OpenAsync(await StreamAsync(farm, certificate), options ?? new AdminClientOptions(), TimeProvider.System, Cancellation);

    /// <summary>TLS on which nothing was said yet.</summary>
    public static async Task<SslStream> StreamAsync(MasterFixture farm, X509Certificate2? certificate = null)
    {
        using var expected = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(farm.Folder, "keys", "farm-certificate.pem"), Cancellation));
        string thumbprint = expected.Thumbprint;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(PortOf(farm), Cancellation);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, shown, _, _) => ((X509Certificate2)shown!).Thumbprint == thumbprint,
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
        }, Cancellation);
        return tls;
    }

    /// <summary>The name of the result that answers a request.</summary>
    public static async Task<string> AskAsync(AdminClient client, IMessage request) =>
        Assert.IsType<AdminReply.Result>(await client.AskAsync(request, Cancellation)).Name;

    /// <summary>The message that answers a request.</summary>
    public static async Task<IMessage> ReadAsync(AdminClient client, IMessage request) =>
        Assert.IsType<AdminReply.Message>(await client.AskAsync(request, Cancellation)).Value;
}
