using System.Runtime.InteropServices;
using System.Text;

namespace Quern.Execution;

/// <summary>One posix_spawn: own session and group, signals as a fresh process has them.</summary>
internal static unsafe class SpawnCall
{
    // glibc's objects are 80 and 336 bytes and a signal set 128; more than enough on every target.
    private const int NativeObjectBytes = 512;

    /// <param name="program">Its path.</param>
    /// <param name="words">Argument zero and the rest.</param>
    /// <param name="environment">All of it, each as <c>NAME=value</c>.</param>
    /// <param name="directory">The child's current directory; null for ours.</param>
    /// <param name="id">The child's number on success.</param>
    /// <param name="descriptors">Says by <see cref="Duplicate"/> and <see cref="Open"/> what the child's descriptors are.</param>
    /// <returns>The error number; 0 for success.</returns>
    public static int Run(
        string program, IReadOnlyCollection<string> words, IReadOnlyCollection<string> environment, string? directory, out int id, Action<nint> descriptors)
    {
        byte* actions = stackalloc byte[NativeObjectBytes], attributes = stackalloc byte[NativeObjectBytes];
        byte* signals = stackalloc byte[NativeObjectBytes];
        using var strings = new NativeStrings();
        Libc.posix_spawn_file_actions_init(actions);
        Libc.posix_spawnattr_init(attributes);
        try
        {
            descriptors((nint)actions);
            if (directory is not null) Libc.posix_spawn_file_actions_addchdir_np(actions, strings.Add(directory));
            Libc.sigfillset(signals);
            Libc.posix_spawnattr_setsigdefault(attributes, signals);
            Libc.sigemptyset(signals);
            Libc.posix_spawnattr_setsigmask(attributes, signals);
            Libc.posix_spawnattr_setflags(
                attributes, Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK);
            int child;
            int error = Libc.posix_spawn(&child, strings.Add(program), actions, attributes, strings.AddArray(words), strings.AddArray(environment));
            id = child;
            return error;
        }
        finally
        {
            Libc.posix_spawn_file_actions_destroy(actions);
            Libc.posix_spawnattr_destroy(attributes);
        }
    }

    public static void Duplicate(nint actions, int from, int to) => Libc.posix_spawn_file_actions_adddup2((void*)actions, from, to);

    /// <summary>Opens a file for reading and writing; the library keeps a copy of the path.</summary>
    public static void Open(nint actions, int descriptor, string path)
    {
        using var strings = new NativeStrings();
        Libc.posix_spawn_file_actions_addopen((void*)actions, descriptor, strings.Add(path), Libc.O_RDWR, 0);
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
