namespace Quern.Archives;

/// <summary>One address and those it leads to: redirects are followed by hand, so that whoever connects judges each, and none leads from https to http.</summary>
/// <param name="client">Follows nothing by itself.</param>
/// <param name="address">http or https.</param>
public sealed class WebHops(HttpClient client, Uri address)
{
    /// <summary>Where it has come; the one to name when the client throws.</summary>
    public Uri At { get; private set; } = address;

    /// <summary>Asks until something is no redirect. What the client throws comes through.</summary>
    /// <param name="maxRedirects">How often the address may change.</param>
    /// <returns>
    /// The answer, whatever its status, with only its headers read; or why there is none, as the end of a sentence whose subject is the address.
    /// </returns>
    public async Task<(HttpResponseMessage? Answer, string Refusal)> GetAsync(int maxRedirects, CancellationToken cancellationToken)
    {
        for (int redirects = 0; redirects <= maxRedirects; redirects++)
        {
            var answer = await client.GetAsync(At, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location) return (answer, "");
            answer.Dispose();
            var next = new Uri(At, location);
            if (next.Scheme != Uri.UriSchemeHttps && (next.Scheme != Uri.UriSchemeHttp || At.Scheme == Uri.UriSchemeHttps))
                return (null, $"redirects to '{next.Scheme}:', which is not followed from {At.Scheme}");
            At = next;
        }
        return (null, $"redirects more than {maxRedirects} times");
    }
}
