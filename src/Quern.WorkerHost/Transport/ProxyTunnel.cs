using Quern.Protocols;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>Asks an HTTP proxy for a way through.</summary>
internal static class ProxyTunnel
{
    /// <returns>The stream to the other end: what the proxy sent along with its answer comes first.</returns>
    /// <exception cref="IOException">The proxy refused, or is none.</exception>
    public static async Task<Stream> OpenAsync(ClientEndpoint.Tunnel tunnel, Stream proxy, CancellationToken cancellationToken)
    {
        string target = ClientEndpoint.Authority(tunnel.Host, tunnel.Port);
        await proxy.WriteAsync(ProxyConnect.CreateRequest(target), cancellationToken);
        byte[] answer = new byte[ProxyConnect.MaxAnswerBytes];
        int received = 0;
        while (true)
        {
            int read = await proxy.ReadAsync(answer.AsMemory(received), cancellationToken);
            if (read == 0) throw new IOException($"the proxy {tunnel.Proxy} closed the connection");
            received += read;
            if (ProxyConnect.TryRead(answer.AsSpan(0, received), out int consumed, out var result) == DecodeStatus.NeedMore) continue;
            if (result is ClientHandshakeResult.Refused refused)
                throw new IOException($"the proxy {tunnel.Proxy} does not connect to {target}: {refused.Reason}");
            return new ReplayStream(answer.AsMemory(consumed, received - consumed), proxy);
        }
    }
}
