using System.Text.Json;
using Quern.Model;

namespace Quern.Packaging.Sources;

/// <summary>
/// The fetcher process: the hidden verb <c>quern fetch-source</c>. Reads one <see cref="FetchRequest"/> from standard input,
/// fetches under limits of its own and prints one <see cref="FetchResult"/>. It is a process apart so that what strangers send
/// is read where nothing else can be reached or used up.
/// </summary>
public static class FetchProgram
{
    /// <summary>The verb that <c>quern</c> hands over to this class.</summary>
    public const string Verb = "fetch-source";

    private const int MaxRequest = 1 << 20;

    /// <param name="arguments">What follows the verb; there is nothing to say there yet, so it must be empty.</param>
    /// <returns>0 fetched, 1 not fetched (the result says why), 2 wrong use.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (arguments.Count > 0)
        {
            await Console.Error.WriteLineAsync($"quern {Verb} takes its request from standard input and no arguments.");
            return 2;
        }
        FetchRequest? request;
        try
        {
            char[] text = new char[MaxRequest];
            int length = await Console.In.ReadBlockAsync(text.AsMemory(), cancellationToken);
            request = JsonSerializer.Deserialize(text.AsSpan(0, length), FetchJson.Default.FetchRequest);
        }
        catch (JsonException e)
        {
            await Console.Error.WriteLineAsync($"quern {Verb}: the request is not valid: {e.Message}");
            return 2;
        }
        if (request is null) return 2;

        ResourceLimits.Apply(request.Limits);
        var result = await FetchAsync(request, TimeProvider.System, cancellationToken);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, FetchJson.Default.FetchResult));
        return result is FetchResult.Fetched ? 0 : 1;
    }

    /// <summary>The fetch itself, without limits of the process.</summary>
    internal static async Task<FetchResult> FetchAsync(FetchRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!SourceAddress.TryParse(request.Source, out var address, out string problem)) return new FetchResult.Failed(problem, false);
        if (request.Sha256 is not null && !Sha256Hash.TryParse(request.Sha256, out _))
            return new FetchResult.Failed($"'{request.Sha256}' is not a SHA-256 (64 hexadecimal digits). Correct sha256 in the recipe.", false);

        using var deadline = new CancellationTokenSource(request.Limits.Deadline, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        FetchResult result;
        try
        {
            result = address switch
            {
                SourceAddress.Web web => await WebSource.FetchAsync(web.Address, request, both.Token),
                SourceAddress.File file => await FileSource.FetchAsync(file.Path, request, both.Token),
                SourceAddress.Debian debian => await DebianSource.FetchAsync(debian, request, time, both.Token),
                _ => new FetchResult.Failed($"Source '{request.Source}' is kept by the farm; there is nothing to fetch.", false),
            };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            result = new FetchResult.Failed($"Source {request.Source} was not fetched within {request.Limits.Deadline}. Try again, or upload the file as an extra source.", true);
        }
        return result is FetchResult.Fetched fetched && request.Sha256 is { } expected && !expected.Equals(fetched.Sha256, StringComparison.OrdinalIgnoreCase)
            ? new FetchResult.Failed($"Source {request.Source} has SHA-256 {fetched.Sha256}, the recipe or an earlier fetch says {expected}. " +
                "Find out why it changed before you change sha256 in the recipe.", false)
            : result;
    }
}
