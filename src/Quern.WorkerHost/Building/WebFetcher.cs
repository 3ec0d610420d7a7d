using System.Net.Sockets;
using System.Security.Cryptography;
using Quern.Archives;

namespace Quern.WorkerHost;

/// <summary>Fetches files over HTTP with bounds on everything, redirects followed by hand. Errors of the server are errors here.</summary>
/// <param name="anywhere">
/// Whether private addresses may be asked: those that the master names for its packages, yes; those that recipes name, only when the
/// administrator says so. A proxy would resolve names out of the filter's sight, so there is none then.
/// </param>
internal sealed class WebFetcher(bool anywhere, BotLimits limits, TimeProvider time) : IDisposable
{
    private const int MaxRedirects = 5;     // as the originals follow
    private const int BlockBytes = 64 * 1024;

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = anywhere,
        UseCookies = false,
        ConnectCallback = anywhere ? null : (context, token) => SourceConnection.OpenAsync(context.DnsEndPoint, allowPrivate: false, token),
        ConnectTimeout = TimeSpan.FromSeconds(30),      // as the originals
        MaxResponseHeadersLength = 64,                  // KiB
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Fetches into memory.</summary>
    /// <exception cref="BotFailureException">It cannot be had; the message names the address.</exception>
    public async Task<byte[]> BytesAsync(string address, long maxBytes, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        await FetchAsync(address, memory, maxBytes, cancellationToken);
        return memory.ToArray();
    }

    /// <summary>Fetches into a file that stands there whole or not at all.</summary>
    /// <param name="target">Its path; what stands there is replaced.</param>
    /// <param name="md5">What its bytes must have, in lower-case hexadecimal digits; null takes any.</param>
    /// <inheritdoc cref="BytesAsync"/>
    public async Task FileAsync(string address, string target, long maxBytes, string? md5, CancellationToken cancellationToken)
    {
        string partial = Path.Combine(Path.GetDirectoryName(target)!, ".new-" + Path.GetFileName(target));
        try
        {
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite))
            {
                await FetchAsync(address, file, maxBytes, cancellationToken);
                if (md5 is not null)
                {
                    file.Position = 0;
                    string found = await Md5Async(file, cancellationToken);
                    if (found != md5) throw new BotFailureException($"{address} has the MD5 {found}; the package list says {md5}");
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, target, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task FetchAsync(string address, Stream target, long maxBytes, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limits.FetchTime, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var at) || !IsWeb(at)) throw new BotFailureException($"{address} is no http address");
            var (answer, refusal) = await new WebHops(_client, at).GetAsync(MaxRedirects, both.Token);
            if (answer is null) throw new BotFailureException($"{address} {refusal}");
            using (answer)
            {
                if (!answer.IsSuccessStatusCode) throw new BotFailureException($"{address} is answered with {(int)answer.StatusCode} {answer.ReasonPhrase}");
                await CopyAsync(answer, address, target, maxBytes, both.Token);
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new BotFailureException($"{address} did not arrive within {limits.FetchTime.TotalSeconds:0} s");
        }
        catch (HttpRequestException e) when (e.InnerException is AddressRefusedException refused)
        {
            throw new BotFailureException($"{address} is not fetched: {refused.Message}. If recipes may read there, start the worker with --private-sources yes");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            throw new BotFailureException($"{address} cannot be fetched: {e.Message}");
        }
    }

    private static async Task CopyAsync(HttpResponseMessage response, string address, Stream target, long maxBytes, CancellationToken cancellationToken)
    {
        string tooLarge = $"{address} is larger than {maxBytes} bytes";
        if (response.Content.Headers.ContentLength > maxBytes) throw new BotFailureException(tooLarge);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] block = new byte[BlockBytes];
        long total = 0;
        int read;
        while ((read = await body.ReadAsync(block, cancellationToken)) > 0)
        {
            if ((total += read) > maxBytes) throw new BotFailureException(tooLarge);
            await target.WriteAsync(block.AsMemory(0, read), cancellationToken);
        }
    }

    private static bool IsWeb(Uri address) => address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps;

#pragma warning disable CA5351 // The published hash is MD5.
    private static async Task<string> Md5Async(Stream file, CancellationToken cancellationToken) =>
        Convert.ToHexStringLower(await MD5.HashDataAsync(file, cancellationToken));
#pragma warning restore CA5351
}
