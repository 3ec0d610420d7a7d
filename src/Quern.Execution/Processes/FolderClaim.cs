using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Quern.Execution;

/// <summary>
/// A worker's folder, held by one process at a time for as long as it lives, however it ends. The file <see cref="FileName"/> in it
/// carries the lock and two words: the number of the process, and the name of its run, by which the next process finds the commands
/// that one which was killed has left behind. A run that ended in order leaves it empty.
/// </summary>
public sealed class FolderClaim : IDisposable
{
    public const string FileName = "quern-worker.lock";

    private const int MaxBytes = 256;   // two short words; more is not ours
    private const int MaxNamed = 20;

    private readonly FileStream _file;

    private bool _disposed;

    private FolderClaim(FileStream file, string run, string? story) => (_file, Run, Story) = (file, run, story);

    /// <summary>For <see cref="EngineOptions.Run"/>.</summary>
    public string Run { get; }

    /// <summary>What became of a run before that did not end in order, for the worker's log; null when there was none.</summary>
    public string? Story { get; }

    /// <summary>A name that no other process of this machine has had since it was started.</summary>
    internal static string NameOfThisProcess => string.Create(
        CultureInfo.InvariantCulture, $"{Environment.ProcessId}.{ProcessEntry.TryRead(Environment.ProcessId)?.Started ?? 0}");

    /// <summary>Takes the folder, makes it when it is missing, and ends what a run before has left.</summary>
    /// <param name="folder">The worker's.</param>
    /// <param name="problem">When it cannot be had: why, and what to do.</param>
    public static FolderClaim? TryTake(string folder, out string problem)
    {
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(folder);
            string path = Path.Combine(folder, FileName);
            file = Open(path);
            if (Libc.flock(Descriptor(file), Libc.LOCK_EX | Libc.LOCK_NB) != 0)
            {
                string holder = Read(file) is [var id, ..] ? $"process {id}" : "another process";
                problem = $"a worker ({holder}) already has the folder {folder}: stop it first, or give this one a folder of its own";
                file.Dispose();
                return null;
            }
            string? story = Read(file) is [var former, var run] ? Tell(former, ProcessTree.OfRun(run).Kill()) : null;
            var claim = new FolderClaim(file, NameOfRun(path), story);
            claim.Write(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {claim.Run}\n"));
            problem = "";
            return claim;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            problem = $"cannot use the folder {folder}: {e.Message}";
            return null;
        }
    }

    /// <summary>The run has ended in order: what its commands left running on purpose is left alone by the next.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        try
        {
            Write("");
        }
        catch (IOException)
        {
            // A full or broken disk; then the next run looks for commands that are not there.
        }
        // Closing is not enough: a command that is just being started has the file too, until its program is in place.
        _ = Libc.flock(Descriptor(_file), Libc.LOCK_UN);
        _file.Dispose();
    }

    private static string Tell(string former, IReadOnlyCollection<int> ended) =>
        $"the worker that had this folder before (process {former}) was killed, or the machine went down; " + ended.Count switch
        {
            0 => "none of its commands is left",
            1 => $"ended a process it left: {ended.First()}",
            var count => $"ended {count} processes it left: {string.Join(' ', ended.Take(MaxNamed))}{(count > MaxNamed ? " …" : "")}",
        };

    // Not File.Open: it would take a lock of its own, and its sharing has no word for what is meant here.
    private static FileStream Open(string path)
    {
        int descriptor = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, 0x1A4);   // 0644
        if (descriptor < 0) throw new IOException($"{path}: {Errno.Message(Marshal.GetLastPInvokeError())}");
        return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite, 0);
    }

    private static int Descriptor(FileStream file) => (int)file.SafeFileHandle.DangerousGetHandle();

    /// <summary>With the file's own number: on a machine that was started again, process numbers and times come again as well.</summary>
    private static string NameOfRun(string path) => string.Create(
        CultureInfo.InvariantCulture, $"{FileStatus.Read(path, out _)?.Inode ?? 0:x}.{NameOfThisProcess}");

    /// <summary>Number and name of the run in the file; empty when it holds anything else.</summary>
    private static string[] Read(FileStream file)
    {
        byte[] text = new byte[MaxBytes];
        file.Seek(0, SeekOrigin.Begin);
        int length = file.ReadAtLeast(text, MaxBytes, throwOnEndOfStream: false);
        string[] words = Encoding.ASCII.GetString(text, 0, length).Split(' ', '\n');
        return words is [var id, var run, ""] && IsNumber(id) && run.Split('.') is [var inode, var pid, var started]
            && inode.Length > 0 && inode.All(char.IsAsciiHexDigit) && pid == id && IsNumber(started) ? [id, run] : [];
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    private void Write(string text)
    {
        _file.SetLength(0);
        _file.Seek(0, SeekOrigin.Begin);
        _file.Write(Encoding.ASCII.GetBytes(text));
        _file.Flush();
    }
}
