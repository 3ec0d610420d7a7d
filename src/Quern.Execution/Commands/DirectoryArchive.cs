using System.Formats.Tar;
using System.IO.Compression;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>A folder as a tar file in the POSIX pax format: the folder itself as <c>./</c>, then its content by relative names.</summary>
internal static class DirectoryArchive
{
    private const int CopyBytes = 128 * 1024;

    /// <returns>The path of a temporary file, for the caller to delete.</returns>
    /// <exception cref="CommandFailedException">The folder cannot be read.</exception>
    public static async Task<string> CreateAsync(string directory, string? compression, CommandContext context)
    {
        if (!Directory.Exists(directory))
        {
            // Asked through the error number: a file by that name fails otherwise than nothing.
            _ = FileStatus.Read(directory, out int errno);
            if (errno == 0) errno = Libc.ENOTDIR;
            string type = errno == Libc.ENOENT ? "FileNotFoundError" : "OSError";
            throw CommandFailedException.Of(type, $"[Errno {errno}] {Errno.Message(errno)}: '{directory}'");
        }
        string path = Path.Combine(Path.GetTempPath(), $"buildbot-transfer-{Guid.NewGuid():N}");
        try
        {
            await WriteAsync(directory, path, gzip: compression == "gz");
            if (compression != "bz2") return path;
            await CompressAsync(path, context);
            return path + ".bz2";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(path);
            throw CommandFailedException.Of("OSError", e.Message);
        }
    }

    private static async Task WriteAsync(string directory, string path, bool gzip)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, CopyBytes);
        await using Stream target = gzip ? new GZipStream(file, CompressionLevel.Optimal) : file;
        await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        await tar.WriteEntryAsync(directory, "./");
        foreach (string name in Members(directory, ""))
            await tar.WriteEntryAsync(Path.Combine(directory, name), name);
    }

    /// <summary>Relative names, folders before what they hold. Sockets have no form in a tar and are left out.</summary>
    private static IEnumerable<string> Members(string root, string below)
    {
        foreach (string name in GlobSearch.Names(Path.Combine(root, below)).Order(StringComparer.Ordinal))
        {
            string relative = below.Length == 0 ? name : $"{below}/{name}";
            string path = Path.Combine(root, relative);
            if (IsSocket(path)) continue;
            yield return relative;
            if (new DirectoryInfo(path) is not { Exists: true, LinkTarget: null }) continue;
            foreach (string member in Members(root, relative)) yield return member;
        }
    }

    private static bool IsSocket(string path) =>
        new FileInfo(path).LinkTarget is null && FileStatus.Read(path, out _) is { } status && (status.Mode & 0xF000) == 0xC000;

    private static async Task CompressAsync(string path, CommandContext context)
    {
        var result = context.Host.Launch(new LaunchRequest(
            ["bzip2", "-9", path], Path.GetTempPath(), context.Options.Environment, UseTerminal: false, KeepStdin: false));
        if (result is LaunchResult.Failed failed)
            throw CommandFailedException.Of("OSError", $"[Errno {failed.Error}] {Errno.Message(failed.Error)}: 'bzip2' (package bzip2)");
        var child = ((LaunchResult.Launched)result).Child;
        try
        {
            var status = await child.Exited;
            if (status.Code != 0) throw new IOException($"bzip2 ended with {status.Code}");
        }
        finally
        {
            context.Host.Release(child);
        }
    }
}
