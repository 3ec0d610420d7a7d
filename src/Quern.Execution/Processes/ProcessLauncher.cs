using System.Runtime.InteropServices;
using System.Text;

namespace Quern.Execution;

/// <summary>
/// Starts programs by posix_spawn: own session and group, signals as a fresh process has them, every other descriptor
/// closed (all of ours carry CLOEXEC, whoever starts a child at the same moment).
/// </summary>
internal sealed unsafe class ProcessLauncher(DescriptorPoller poller)
{
    // Fewer, longer reads for programs that write much; the kernel's own default is 64 KiB.
    private const int PipeBytes = 256 * 1024;

    // glibc's objects are 80 and 336 bytes and a signal set 128; more than enough on every target.
    private const int NativeObjectBytes = 512;

    /// <exception cref="ArgumentException">An argument or variable holds a NUL character.</exception>
    public LaunchResult Launch(LaunchRequest request)
    {
        if (request.Arguments.Concat(request.Environment.Values).Append(request.Directory).Any(a => a.Contains('\0')))
            throw new ArgumentException("embedded null byte");
        string? program = FindProgram(request, out int searchError);
        if (program is null) return new LaunchResult.Failed(searchError, request.Arguments[0]);
        return request.UseTerminal ? LaunchOnTerminal(request, program) : LaunchOnPipes(request, program);
    }

    private LaunchResult LaunchOnPipes(LaunchRequest request, string program)
    {
        var stdin = Pipe(large: false);
        var stdout = Pipe(large: true);
        var stderr = Pipe(large: true);
        int error = Spawn(request, program, out int id, actions =>
        {
            Libc.posix_spawn_file_actions_adddup2((void*)actions, stdin.Read, 0);
            Libc.posix_spawn_file_actions_adddup2((void*)actions, stdout.Write, 1);
            Libc.posix_spawn_file_actions_adddup2((void*)actions, stderr.Write, 2);
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

    private LaunchResult LaunchOnTerminal(LaunchRequest request, string program)
    {
        int master = Libc.posix_openpt(Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        byte* name = stackalloc byte[128];
        if (master < 0 || Libc.grantpt(master) != 0 || Libc.unlockpt(master) != 0 || Libc.ptsname_r(master, name, 128) != 0)
            throw new IOException($"cannot get a terminal: {Errno.Message(Marshal.GetLastPInvokeError())}");
        // The session is made before the actions run, so the first terminal opened becomes the controlling one.
        nint slave = (nint)name;
        int error = Spawn(request, program, out int id, actions =>
        {
            Libc.posix_spawn_file_actions_addopen((void*)actions, 0, (byte*)slave, Libc.O_RDWR, 0);
            Libc.posix_spawn_file_actions_adddup2((void*)actions, 0, 1);
            Libc.posix_spawn_file_actions_adddup2((void*)actions, 0, 2);
        });
        if (error != 0)
        {
            Close(master);
            return Failure(request, program, error);
        }
        return new LaunchResult.Launched(new ChildProcess(id, null, new PipeEnd(master, poller), null, poller));
    }

    private static int Spawn(LaunchRequest request, string program, out int id, Action<nint> descriptors)
    {
        byte* actions = stackalloc byte[NativeObjectBytes], attributes = stackalloc byte[NativeObjectBytes];
        byte* signals = stackalloc byte[NativeObjectBytes];
        var strings = new NativeStrings();
        try
        {
            Libc.posix_spawn_file_actions_init(actions);
            Libc.posix_spawnattr_init(attributes);
            descriptors((nint)actions);
            Libc.posix_spawn_file_actions_addchdir_np(actions, strings.Add(request.Directory));
            Libc.sigfillset(signals);
            Libc.posix_spawnattr_setsigdefault(attributes, signals);
            Libc.sigemptyset(signals);
            Libc.posix_spawnattr_setsigmask(attributes, signals);
            Libc.posix_spawnattr_setflags(
                attributes, Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK);
            int child;
            int error = Libc.posix_spawn(
                &child, strings.Add(program), actions, attributes,
                strings.AddArray(request.Arguments), strings.AddArray([.. request.Environment.Select(e => $"{e.Key}={e.Value}")]));
            id = child;
            return error;
        }
        finally
        {
            Libc.posix_spawn_file_actions_destroy(actions);
            Libc.posix_spawnattr_destroy(attributes);
            strings.Dispose();
        }
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

    /// <summary>Zero-ended strings and arrays of them, for the length of one call.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly List<nint> _blocks = [];

        public byte* Add(string text)
        {
            int length = Encoding.UTF8.GetByteCount(text);
            byte* block = Block(length + 1);
            Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
            block[length] = 0;
            return block;
        }

        public byte** AddArray(IReadOnlyCollection<string> texts)
        {
            byte** array = (byte**)Block((texts.Count + 1) * sizeof(byte*));
            int i = 0;
            foreach (string text in texts) array[i++] = Add(text);
            array[i] = null;
            return array;
        }

        public void Dispose()
        {
            foreach (nint block in _blocks) NativeMemory.Free((void*)block);
        }

        private byte* Block(int bytes)
        {
            byte* block = (byte*)NativeMemory.Alloc((nuint)bytes);
            _blocks.Add((nint)block);
            return block;
        }
    }
}
