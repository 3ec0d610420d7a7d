using System.Text.Json;
using Quern.Model;

namespace Quern.Packaging.Sources;

/// <summary>Fetches sources on the master: starts the fetcher process and puts what it brought into the store.</summary>
/// <param name="options">Where and how.</param>
/// <param name="blobs">Where fetched bytes are kept.</param>
/// <param name="time">For the deadline of the process.</param>
public sealed class SourceFetcher(SourceFetcherOptions options, IBlobSource blobs, TimeProvider time)
{
    /// <summary>
    /// Fetches one address. With a hash that the store has already nothing is fetched at all, except for <c>deb-src:</c> with a
    /// version to check.
    /// </summary>
    /// <param name="source">An address of a recipe; ids of kept extra sources are the caller's business.</param>
    /// <param name="expected">The recipe's hash, or the one recorded at the first fetch ("pinned"); null to record what comes.</param>
    /// <param name="version">The recipe's version, checked against Debian's for <c>deb-src:</c>; null elsewhere.</param>
    public async Task<SourceResult> FetchAsync(string source, Sha256Hash? expected, string? version, CancellationToken cancellationToken)
    {
        if (!SourceAddress.TryParse(source, out var address, out string problem)) return new SourceResult.Failed(problem, false);
        if (address is SourceAddress.Web web && expected is { } known && await blobs.OpenAsync(known, cancellationToken) is { } there)
        {
            await using (there) return new SourceResult.Fetched(SourceAddress.SafeFileName(web.Address.AbsolutePath), known, there.Length, null);
        }

        Directory.CreateDirectory(options.WorkFolder);
        string target = Path.Combine(options.WorkFolder, $"fetch-{Guid.NewGuid():N}");
        var request = new FetchRequest
        {
            Source = source,
            Target = target,
            Sha256 = expected?.Hex,
            Version = address is SourceAddress.Debian ? version : null,
            Limits = options.Limits,
            Folders = options.Folders,
            AllowPrivateAddresses = options.AllowPrivateAddresses,
            AptFolder = options.AptFolder,
            Suite = options.Suite,
        };
        try
        {
            return await RunAsync(request, cancellationToken);
        }
        finally
        {
            File.Delete(target);
            File.Delete(target + ".FAILED");    // what apt leaves of a download with a wrong hash
        }
    }

    private async Task<SourceResult> RunAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        // The process ends itself at the deadline; this catches one that hangs.
        using var hanging = new CancellationTokenSource(options.Limits.Deadline + TimeSpan.FromSeconds(30), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, hanging.Token);
        ProgramResult ended;
        try
        {
            ended = await HelperProgram.RunAsync(options.Program, [.. options.Arguments], both.Token,
                // Without a heap limit the runtime reserves more addresses than the fetcher may have.
                new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x10000000", ["DOTNET_TieredPGO"] = "0" },
                input: JsonSerializer.Serialize(request, FetchJson.Default.FetchRequest), bare: true);
        }
        catch (OperationCanceledException) when (hanging.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new SourceResult.Failed($"Source {request.Source} was not fetched: the fetcher did not end at its deadline and was killed. Try again.", true);
        }
        FetchResult? result = null;
        try { result = JsonSerializer.Deserialize(ended.Output, FetchJson.Default.FetchResult); }
        catch (JsonException)
        {
            // It died before it could speak; the exit code and its errors say more.
        }
        switch (result)
        {
            case FetchResult.Failed failed:
                return new SourceResult.Failed(failed.Message, failed.MayPass);
            case FetchResult.Fetched fetched when Sha256Hash.TryParse(fetched.Sha256, out var claimed):
                await using (var file = new FileStream(request.Target, FileMode.Open, FileAccess.Read, FileShare.Read, 0, useAsync: true))
                {
                    // The store hashes again: the process is not believed.
                    var kept = await blobs.AddAsync(file, cancellationToken);
                    return kept.Sha256 == claimed
                        ? new SourceResult.Fetched(SourceAddress.SafeFileName(fetched.FileName), kept.Sha256, kept.Bytes, fetched.Version)
                        : new SourceResult.Failed($"Source {request.Source} has SHA-256 {kept.Sha256} on disk, but {claimed} was fetched. Check the disk of {options.WorkFolder}.", true);
                }
            default:
                return new SourceResult.Failed($"Source {request.Source} was not fetched: the fetcher ended with code {ended.ExitCode} ({ended.LastError}). " +
                    "The kernel may have stopped it for its size or time: if the source is very large, raise limits.source_bytes in quern.yaml.", true);
        }
    }
}
