using Quern.Storage;

namespace Quern.Packaging.Sources;

/// <summary>Reads a source from a folder that the configuration names.</summary>
internal static class FileSource
{
    public static async Task<FetchResult> FetchAsync(string path, FetchRequest request, CancellationToken cancellationToken)
    {
        if (request.Folders.IsEmpty)
            return Fail("file: sources are not allowed. Name the folders that may be read in sources.file_folders of quern.yaml", path);
        string? real = RealPath(path);
        if (real is null) return Fail("there is no such file. Check the path in the recipe", path);
        // Links are resolved on both sides first: what counts is where the bytes lie.
        bool allowed = request.Folders.Any(f => RealPath(f) is { } folder && real.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal));
        if (!allowed) return Fail("it does not lie under one of the folders in sources.file_folders of quern.yaml. Move it or add the folder", path);
        if (Directory.Exists(real)) return Fail("it is a folder", path);
        try
        {
            await using var file = RegularFile.OpenRead(real);
            var copied = await HashingCopy.ToFileAsync(file, request.Target, request.Limits.MaxBytes, cancellationToken);
            return copied is null
                ? Fail($"it is larger than the limit of {request.Limits.MaxBytes} bytes", path)
                : new FetchResult.Fetched(SourceAddress.SafeFileName(path), copied.Sha256.Hex, copied.Bytes, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message, path);
        }
    }

    /// <summary>The path with every link in it resolved; null when something on the way does not exist or links run in a circle.</summary>
    internal static string? RealPath(string path)
    {
        const int maxLinks = 40;    // as Linux itself
        int links = 0;
        var open = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        string at = "/";
        while (open.TryPop(out string? part))
        {
            if (part == ".") continue;
            if (part == "..")
            {
                at = Path.GetDirectoryName(at) ?? "/";
                continue;
            }
            string next = Path.Combine(at, part);
            FileSystemInfo entry = new FileInfo(next);
            if (entry.LinkTarget is { } target)
            {
                if (++links > maxLinks) return null;
                if (target.StartsWith('/')) at = "/";
                foreach (string piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) open.Push(piece);
                continue;
            }
            if (!File.Exists(next) && !Directory.Exists(next)) return null;
            at = next;
        }
        return at;
    }

    private static FetchResult.Failed Fail(string reason, string path) => new($"Source file:{path} was not fetched: {reason}.", false);
}
