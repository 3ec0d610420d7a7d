using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>A way to a stream: what to connect to, and what is wrapped around it. <see cref="MasterDialer"/> goes it.</summary>
internal abstract record ClientEndpoint
{
    /// <summary>Of Twisted's endpoints, whose descriptions a <c>buildbot.tac</c> holds.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private ClientEndpoint() { }

    /// <param name="Host">A name or an address; an IPv6 address without brackets.</param>
    /// <param name="Port">1 to 65535.</param>
    /// <param name="Timeout">For the connection to stand.</param>
    /// <param name="BindAddress">Our own address; null leaves it to the system.</param>
    public sealed record Tcp(string Host, int Port, TimeSpan Timeout, string? BindAddress) : ClientEndpoint
    {
        public Tcp(string host, int port) : this(host, port, DefaultTimeout, null) { }

        public override string ToString() => Authority(Host, Port);
    }

    public sealed record Unix(string Path, TimeSpan Timeout) : ClientEndpoint
    {
        public override string ToString() => Path;
    }

    /// <summary>TLS over another way; the peer's certificate must be good for <paramref name="ServerName"/>.</summary>
    /// <param name="Inner">What carries it.</param>
    /// <param name="ServerName">The name or address in the certificate.</param>
    /// <param name="TrustRoots">A folder of <c>*.pem</c> authorities; null trusts those of the system.</param>
    /// <param name="Certificate">PEM file of our own certificate; null when we show none.</param>
    /// <param name="PrivateKey">PEM file of its key; null when it stands in the certificate's file.</param>
    public sealed record Tls(
        ClientEndpoint Inner, string ServerName, string? TrustRoots = null, string? Certificate = null, string? PrivateKey = null) : ClientEndpoint
    {
        /// <summary>What the peer's certificate must be, one of them; then neither its authority nor its name is asked. Empty: those alone count.</summary>
        public ImmutableArray<CertificatePin> Pins { get; init; } = [];

        public override string ToString() => $"{Inner} with TLS";
    }

    /// <summary>Through an HTTP proxy by CONNECT.</summary>
    /// <param name="Proxy">The way to the proxy.</param>
    /// <param name="Host">What the proxy connects to.</param>
    /// <param name="Port">1 to 65535.</param>
    public sealed record Tunnel(ClientEndpoint Proxy, string Host, int Port) : ClientEndpoint
    {
        public override string ToString() => $"{Authority(Host, Port)} through the proxy {Proxy}";
    }

    /// <summary><c>host:port</c>, with brackets around an IPv6 address.</summary>
    public static string Authority(string host, int port) => host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}";
}
