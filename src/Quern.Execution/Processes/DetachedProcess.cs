using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Quern.Execution;

/// <summary>Starts programs that outlive this one: a session of their own, no terminal, standard output at our end of a pipe.</summary>
public static class DetachedProcess
{
    /// <summary>Starts this very program again, with the same words.</summary>
    /// <param name="mark">A variable that tells the new process what it is for, as <c>NAME=value</c>.</param>
    /// <returns>What the new process writes to its standard output, until it closes it.</returns>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static Stream StartAgain(string mark)
    {
        string[] words = File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1];
        string program = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: false)!.FullName;
        return Start(program, words, [.. EngineOptions.OwnEnvironment().Select(e => $"{e.Key}={e.Value}"), mark]);
    }

    private static unsafe FileStream Start(string program, string[] words, string[] environment)
    {
        int* ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0) throw new IOException($"pipe: {Errno.Message(Marshal.GetLastPInvokeError())}");
        var (read, write) = (ends[0], ends[1]);
        int error = SpawnCall.Run(
            program, words, environment, directory: null, out int id,
            actions =>
            {
                SpawnCall.Open(actions, 0, "/dev/null");
                SpawnCall.Duplicate(actions, write, 1);
                SpawnCall.Open(actions, 2, "/dev/null");   // ours may be a pipe, whose reader would wait for the new process
            });
        _ = Libc.close(write);
        if (error == 0) return new FileStream(new SafeFileHandle(read, ownsHandle: true), FileAccess.Read, 1);
        _ = Libc.close(read);
        throw new IOException($"cannot start {program} again: {Errno.Message(error)}");
    }
}
