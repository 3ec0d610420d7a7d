using System.Net;
using System.Net.Sockets;

namespace Quern.Packaging.Sources;

/// <summary>Fetches over http and https, redirects followed by hand so that each hop is judged.</summary>
internal static class WebSource
{
    public static async Task<FetchResult> FetchAsync(Uri address, FetchRequest request, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,       // a proxy would resolve names out of the filter's sight
            UseCookies = false,
            ConnectTimeout = request.Limits.ConnectTimeout,
            MaxResponseHeadersLength = 64,      // KiB
            ConnectCallback = (context, token) => ConnectAsync(context.DnsEndPoint, request.AllowPrivateAddresses, token),
        };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("quern");

        var at = address;
        try
        {
            for (int redirects = 0; redirects <= request.Limits.MaxRedirects; redirects++)
            {
                using var response = await client.GetAsync(at, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location)
                {
                    var next = new Uri(at, location);
                    if (next.Scheme != Uri.UriSchemeHttps && (next.Scheme != Uri.UriSchemeHttp || at.Scheme == Uri.UriSchemeHttps))
                        return Fail($"it redirects to '{next.Scheme}:', which the farm does not follow from {at.Scheme}", false);
                    at = next;
                    continue;
                }
                if (!response.IsSuccessStatusCode)
                    return Fail($"{at.Host} answered {(int)response.StatusCode} {response.ReasonPhrase}", (int)response.StatusCode >= 500);
                if (response.Content.Headers.ContentLength > request.Limits.MaxBytes)
                    return Fail($"it is larger than the limit of {request.Limits.MaxBytes} bytes", false);
                await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                var copied = await HashingCopy.ToFileAsync(body, request.Target, request.Limits.MaxBytes, cancellationToken);
                return copied is null
                    ? Fail($"it is larger than the limit of {request.Limits.MaxBytes} bytes", false)
                    : new FetchResult.Fetched(SourceAddress.SafeFileName(address.AbsolutePath), copied.Sha256.Hex, copied.Bytes, null);
            }
            return Fail($"it redirects more than {request.Limits.MaxRedirects} times", false);
        }
        catch (HttpRequestException e) when (e.InnerException is AddressRefusedException refused)
        {
            return new FetchResult.Failed(
                $"Source {address} was not fetched: {refused.Message}. If the farm may read there, set sources.allow_private_addresses: true in quern.yaml.", false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return Fail(e.Message, true);
        }

        FetchResult Fail(string reason, bool mayPass) =>
            new FetchResult.Failed($"Source {address} was not fetched: {reason}. Check the address in the recipe" + (mayPass ? ", or try again later." : "."), mayPass);
    }

    // Resolves, judges and connects in one place, so that the address judged is the address used.
    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint end, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(end.Host, cancellationToken);
        Exception? first = null;
        foreach (var address in addresses)
        {
            if (!allowPrivate && AddressFilter.Refusal(address) is { } what)
            {
                first ??= new AddressRefusedException($"{end.Host} has the address {address}, which is {what}");
                continue;
            }
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, end.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                first ??= e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        throw first ?? new SocketException((int)SocketError.HostNotFound);
    }

    private sealed class AddressRefusedException(string message) : Exception(message);
}
