using System.Net.Sockets;
using System.Security.Authentication;
using Quern.Archives;

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
            ConnectCallback = (context, token) => SourceConnection.OpenAsync(context.DnsEndPoint, request.AllowPrivateAddresses, token),
        };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("quern");

        var hops = new WebHops(client, address);
        try
        {
            var (found, refusal) = await hops.GetAsync(request.Limits.MaxRedirects, cancellationToken);
            if (found is null) return Fail("it " + refusal, false);
            using var answer = found;
            if (!answer.IsSuccessStatusCode)
                return Fail($"{hops.At.Host} answered {(int)answer.StatusCode} {answer.ReasonPhrase}", (int)answer.StatusCode >= 500);
            if (answer.Content.Headers.ContentLength > request.Limits.MaxBytes)
                return Fail($"it is larger than the limit of {request.Limits.MaxBytes} bytes", false);
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            var copied = await HashingCopy.ToFileAsync(body, request.Target, request.Limits.MaxBytes, cancellationToken);
            return copied is null
                ? Fail($"it is larger than the limit of {request.Limits.MaxBytes} bytes", false)
                : new FetchResult.Fetched(SourceAddress.SafeFileName(address.AbsolutePath), copied.Sha256.Hex, copied.Bytes, null);
        }
        catch (HttpRequestException e) when (e.InnerException is AddressRefusedException refused)
        {
            return new FetchResult.Failed(
                $"Source {address} was not fetched: {refused.Message}. If the farm may read there, set sources.allow_private_addresses: true in quern.yaml.", false);
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException untrusted)
        {
            return new FetchResult.Failed(
                $"Source {address} was not fetched: {hops.At.Host} is not trusted: {untrusted.Message} " +
                "If its authority is your own, add its certificate to the master's machine, or name it in the variable SSL_CERT_FILE of the master.", false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return Fail(e.Message, true);
        }

        FetchResult Fail(string reason, bool mayPass) =>
            new FetchResult.Failed($"Source {address} was not fetched: {reason}. Check the address in the recipe" + (mayPass ? ", or try again later." : "."), mayPass);
    }
}
