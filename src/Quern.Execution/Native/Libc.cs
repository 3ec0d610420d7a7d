using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>The C library's calls the engine needs. Linux, 64 bit; structures are the ones of x86-64 and arm64 glibc.</summary>
internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0, O_RDWR = 2, O_NOCTTY = 0x100, O_NONBLOCK = 0x800, O_CREAT = 0x40, O_CLOEXEC = 0x80000;
    public const int F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, FD_CLOEXEC = 1, F_SETPIPE_SZ = 1031;
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, EAGAIN = 11, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21;
    public const int SIGKILL = 9, SIGTERM = 15, SIGSTOP = 19;
    public const int EPOLLIN = 1, EPOLLOUT = 4, EPOLLONESHOT = 1 << 30;
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;
    public const int P_PID = 1, WNOHANG = 1, WEXITED = 4;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80;
    public const int X_OK = 1;
    public const int LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;
    public const short POLLIN = 1;
    private const string Library = "libc";

    [StructLayout(LayoutKind.Sequential, Size = 128)]
    public struct SignalInfo
    {
        public int Signal, Errno, Code, Padding, Pid, Uid, Status;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Wanted, Happened;
    }

    // Packed on x86-64 only; the engine reads and writes it by these accessors.
    public struct EpollEvent
    {
        private fixed byte _bytes[16];

        private static int DataAt => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

        public static int Size => DataAt + 8;

        public static void Write(byte* at, int events, long data)
        {
            *(int*)at = events;
            *(long*)(at + DataAt) = data;
        }

        public static long Data(byte* at) => *(long*)(at + DataAt);
    }

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pipe2(int* descriptors, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int execve(string path, byte** arguments, byte** environment);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsync(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint signal(int number, nint handler);

    [LibraryImport(Library)]
    public static partial uint umask(uint mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int dup2(int from, int to);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(int descriptor, int operation);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitid(int idType, int id, SignalInfo* info, int options);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint syscall(nint number, nint first, nint second);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prctl(int option, nint first, nint second, nint third, nint fourth);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* @event);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* events, int count, int timeout);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int posix_openpt(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int grantpt(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlockpt(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ptsname_r(int descriptor, byte* name, nint length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int access(string path, int mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdir(string path, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport(Library)]
    public static partial int posix_spawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    // The calls that prepare a spawn fail only for lack of memory or for arguments we never give; their results are not asked.
    [LibraryImport(Library)]
    public static partial void posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Library)]
    public static partial void posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Library)]
    public static partial void posix_spawn_file_actions_adddup2(void* actions, int from, int to);

    [LibraryImport(Library)]
    public static partial void posix_spawn_file_actions_addopen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    public static partial void posix_spawn_file_actions_addchdir_np(void* actions, byte* path);

    [LibraryImport(Library)]
    public static partial void posix_spawnattr_init(void* attributes);

    [LibraryImport(Library)]
    public static partial void posix_spawnattr_destroy(void* attributes);

    [LibraryImport(Library)]
    public static partial void posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(Library)]
    public static partial void posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport(Library)]
    public static partial void posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport(Library)]
    public static partial void sigemptyset(void* signals);

    [LibraryImport(Library)]
    public static partial void sigfillset(void* signals);
}
