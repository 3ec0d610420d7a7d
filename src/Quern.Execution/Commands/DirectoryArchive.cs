using System.Formats.Tar;
using System.IO.Compression;
using System.IO.Enumeration;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// A folder as a tar file in the POSIX pax format: the folder itself as <c>./</c>, then its content by relative names. What cannot be read
/// fails the whole: nothing is left out without a word but sockets, which have no form in a tar.
/// </summary>
internal static class DirectoryArchive
{
    private const int CopyBytes = 128 * 1024;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

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
            // A link to a folder is that folder: the archive is of what is in it.
            await WriteAsync(Directory.ResolveLinkTarget(directory, returnFinalTarget: true)?.FullName ?? directory, path, gzip: compression == "gz");
            if (compression != "bz2") return path;
            await CompressAsync(path, context);
            return path + ".bz2";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(path);
            throw CommandFailedException.Of("OSError", $"cannot pack '{directory}': {e.Message}");
        }
    }

    private static async Task WriteAsync(string directory, string archive, bool gzip)
    {
        await using var file = new FileStream(archive, FileMode.CreateNew, FileAccess.Write, FileShare.None, CopyBytes);
        await using Stream target = gzip ? new GZipStream(file, CompressionLevel.Optimal) : file;
        await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        await tar.WriteEntryAsync(directory, "./");
        foreach (string name in Members(directory, ""))
        {
            string path = Path.Combine(directory, name);
            try
            {
                await WriteMemberAsync(tar, path, name);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"'{path}': {e.Message}", e);
            }
        }
    }

    private static async Task WriteMemberAsync(TarWriter tar, string path, string name)
    {
        if (TryWithoutRecords(path, name) is not { } entry)
        {
            await tar.WriteEntryAsync(path, name);
            return;
        }
        await using var content = entry.EntryType == TarEntryType.RegularFile ? File.OpenRead(path) : null;
        if (content is not null) entry.DataStream = content;
        await tar.WriteEntryAsync(entry);
    }

    /// <summary>
    /// A file, folder or link whose name, or whose target, has a line end: in GNU's format, for pax has names in records of a line each, and
    /// readers that cut them at line ends refuse the whole archive. Null for everything else.
    /// </summary>
    private static GnuTarEntry? TryWithoutRecords(string path, string name)
    {
        string? link = new FileInfo(path).LinkTarget;
        if (!name.Contains('\n', StringComparison.Ordinal) && link?.Contains('\n', StringComparison.Ordinal) is not true) return null;
        if (link is not null) return new GnuTarEntry(TarEntryType.SymbolicLink, name) { LinkName = link };
        if (FileStatus.Read(path, out _) is not { } status || !(status.IsDirectory || status.IsFile)) return null;
        return new GnuTarEntry(status.IsDirectory ? TarEntryType.Directory : TarEntryType.RegularFile, name)
        {
            Mode = (UnixFileMode)(status.Mode & 0xFFF),
            ModificationTime = DateTimeOffset.FromUnixTimeSeconds((long)status.Modified),
            Uid = (int)status.User,
            Gid = (int)status.Group,
        };
    }

    /// <summary>Relative names, folders before what they hold.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    private static IEnumerable<string> Members(string root, string below)
    {
        var names = new FileSystemEnumerable<string>(Path.Combine(root, below), (ref FileSystemEntry e) => e.FileName.ToString(), Everything);
        foreach (string name in names.Order(StringComparer.Ordinal))
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
