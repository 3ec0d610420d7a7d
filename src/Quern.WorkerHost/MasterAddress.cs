using System.Diagnostics.CodeAnalysis;

namespace Quern.WorkerHost;

/// <summary>Where the master is and what it speaks.</summary>
/// <param name="Protocol">Decides what is said on the stream.</param>
/// <param name="Endpoint">The way to a stream.</param>
/// <param name="Authority"><c>host:port</c> of the master as it knows itself, for a <c>Host</c> header.</param>
/// <param name="Path">Of the WebSocket, beginning with a slash; <c>/</c> where there is none.</param>
internal sealed record MasterAddress(MasterProtocol Protocol, ClientEndpoint Endpoint, string Authority, string Path)
{
    /// <summary>The port of Branch masters, where an address names none.</summary>
    private const int BranchPort = 27015;

    /// <summary>Reads <c>ws://HOST:PORT/PATH</c> (<c>wss</c> within TLS), <c>pb://HOST:PORT</c> (<c>pbs</c> within TLS) or <c>branch://HOST[:PORT]</c>.</summary>
    /// <param name="text">From a command line.</param>
    /// <param name="address">Null when the text cannot be used.</param>
    /// <param name="problem">Then a sentence for people.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out MasterAddress? address, out string problem)
    {
        (address, problem) = (null, "");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            problem = $"'{text}' is not an address like ws://HOST:PORT";
        else if (uri.Scheme is not ("ws" or "wss" or "pb" or "pbs" or "branch"))
            problem = $"unknown scheme '{uri.Scheme}'; this version speaks ws:// and pb://, with TLS wss:// and pbs://, and branch://";
        else if (uri.Scheme == "branch")
            address = new MasterAddress(
                MasterProtocol.Branch, new ClientEndpoint.Tcp(uri.IdnHost, uri.Port > 0 ? uri.Port : BranchPort), ClientEndpoint.Authority(uri.IdnHost, uri.Port > 0 ? uri.Port : BranchPort), "/");
        else if (!text.AsSpan(uri.Scheme.Length + "://".Length).Contains(':') || uri.Port <= 0)
            problem = $"'{text}' names no port; a Buildbot master's worker port has no default here";
        else
            address = Of(uri);
        return address is not null;
    }

    /// <summary>The same master behind an HTTP proxy; TLS stays between us and the master.</summary>
    public MasterAddress Through(ClientEndpoint proxy) => this with
    {
        Endpoint = Endpoint switch
        {
            ClientEndpoint.Tcp tcp => new ClientEndpoint.Tunnel(proxy, tcp.Host, tcp.Port),
            ClientEndpoint.Tls { Inner: ClientEndpoint.Tcp tcp } tls => tls with { Inner = new ClientEndpoint.Tunnel(proxy, tcp.Host, tcp.Port) },
            _ => throw new InvalidOperationException($"{Endpoint} cannot be reached through a proxy"),
        },
    };

    private static MasterAddress Of(Uri uri)
    {
        string host = uri.IdnHost;   // an IPv6 address without brackets
        ClientEndpoint endpoint = new ClientEndpoint.Tcp(host, uri.Port);
        if (uri.Scheme is "wss" or "pbs") endpoint = new ClientEndpoint.Tls(endpoint, host);
        return new MasterAddress(
            uri.Scheme.StartsWith("ws", StringComparison.Ordinal) ? MasterProtocol.MessagePack : MasterProtocol.Perspective,
            endpoint, ClientEndpoint.Authority(host, uri.Port), uri.PathAndQuery);
    }
}
