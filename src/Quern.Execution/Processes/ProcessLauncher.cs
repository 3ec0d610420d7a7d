using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>
/// Starts programs by posix_spawn: own session and group, signals as a fresh process has them, every other descriptor
/// closed (all of ours carry CLOEXEC, whoever starts a child at the same moment).
/// </summary>
internal sealed unsafe class ProcessLauncher(DescriptorPoller poller)
{
    // Fewer, longer reads for programs that write much; the kernel's own default is 64 KiB.
    private const int PipeBytes = 256 * 1024;

    /// <param name="expect">Told right before the start where the output will go, as <c>/proc/PID/fd</c> shows it.</param>
    /// <exception cref="ArgumentException">An argument or variable holds a NUL character.</exception>
    public LaunchResult Launch(LaunchRequest request, Action<string> expect)
    {
        if (request.Arguments.Concat(request.Environment.Values).Append(request.Directory).Any(a => a.Contains('\0')))
            throw new ArgumentException("embedded null byte");
        string? program = FindProgram(request, out int searchError);
        if (program is null) return new LaunchResult.Failed(searchError, request.Arguments[0]);
        return request.UseTerminal ? LaunchOnTerminal(request, program, expect) : LaunchOnPipes(request, program, expect);
    }

    private LaunchResult LaunchOnPipes(LaunchRequest request, string program, Action<string> expect)
    {
        var stdin = Pipe(large: false);
        var stdout = Pipe(large: true);
        var stderr = Pipe(large: true);
        if (File.ResolveLinkTarget($"/proc/self/fd/{stdout.Write}", returnFinalTarget: false)?.Name is { } output) expect(output);
        int error = SpawnCall.Run(program, request.Arguments, Variables(request), request.Directory, out int id, actions =>
        {
            SpawnCall.Duplicate(actions, stdin.Read, 0);
            SpawnCall.Duplicate(actions, stdout.Write, 1);
            SpawnCall.Duplicate(actions, stderr.Write, 2);
        });
        Close(stdin.Read, stdout.Write, stderr.Write);
        if (error != 0)
        {
            Close(stdin.Write, stdout.Read, stderr.Read);
            return Failure(request, program, error);
        }
        PipeEnd? input = null;
        if (request.KeepStdin) input = new PipeEnd(stdin.Write, poller);
        else Close(stdin.Write);
        return new LaunchResult.Launched(
            new ChildProcess(id, input, new PipeEnd(stdout.Read, poller), new PipeEnd(stderr.Read, poller), poller));
    }

    private LaunchResult LaunchOnTerminal(LaunchRequest request, string program, Action<string> expect)
    {
        int master = Libc.posix_openpt(Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        byte* name = stackalloc byte[128];
        if (master < 0 || Libc.grantpt(master) != 0 || Libc.unlockpt(master) != 0 || Libc.ptsname_r(master, name, 128) != 0)
            throw new IOException($"cannot get a terminal: {Errno.Message(Marshal.GetLastPInvokeError())}");
        // The session is made before the actions run, so the first terminal opened becomes the controlling one.
        string slave = Marshal.PtrToStringUTF8((nint)name)!;
        expect(slave);
        int error = SpawnCall.Run(program, request.Arguments, Variables(request), request.Directory, out int id, actions =>
        {
            SpawnCall.Open(actions, 0, slave);
            SpawnCall.Duplicate(actions, 0, 1);
            SpawnCall.Duplicate(actions, 0, 2);
        });
        if (error != 0)
        {
            Close(master);
            return Failure(request, program, error);
        }
        return new LaunchResult.Launched(new ChildProcess(id, null, new PipeEnd(master, poller), null, poller));
    }

    /// <summary>The search of execvp, but in the child's environment and from the child's directory.</summary>
    private static string? FindProgram(LaunchRequest request, out int error)
    {
        string name = request.Arguments[0];
        error = Libc.ENOENT;
        if (name.Length == 0) return null;
        if (name.Contains('/')) return name;
        foreach (string entry in request.Environment.GetValueOrDefault("PATH", "/bin:/usr/bin").Split(':'))
        {
            string candidate = Path.Combine(request.Directory, entry.Length == 0 ? "." : entry, name);
            if (!File.Exists(candidate)) continue;
            if (Libc.access(candidate, Libc.X_OK) == 0) return candidate;
            error = Libc.EACCES;
        }
        return null;
    }

    private static string[] Variables(LaunchRequest request) => [.. request.Environment.Select(e => $"{e.Key}={e.Value}")];

    private static LaunchResult.Failed Failure(LaunchRequest request, string program, int error) =>
        new(error, Directory.Exists(request.Directory) ? program : request.Directory);

    private static (int Read, int Write) Pipe(bool large)
    {
        int* ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0)
            throw new IOException($"pipe: {Errno.Message(Marshal.GetLastPInvokeError())}");
        if (large) _ = Libc.fcntl(ends[0], Libc.F_SETPIPE_SZ, PipeBytes);   // refused when the user has many: smaller is fine
        return (ends[0], ends[1]);
    }

    private static void Close(params ReadOnlySpan<int> descriptors)
    {
        foreach (int descriptor in descriptors) _ = Libc.close(descriptor);
    }
}
