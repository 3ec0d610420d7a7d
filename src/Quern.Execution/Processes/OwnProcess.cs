using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>What a worker program changes about its own process.</summary>
public static class OwnProcess
{
    /// <summary>The permission bits that files made from now on do not get.</summary>
    public static void SetUmask(int mask) => _ = Libc.umask((uint)mask);

    /// <summary>Ends this process by the signal's own default, so that whoever waits for it sees the signal and no exit code.</summary>
    /// <param name="signal">Its number; one whose default is to end the process.</param>
    public static void EndBySignal(int signal)
    {
        _ = Libc.signal(signal, 0);   // SIG_DFL
        _ = Libc.kill(Environment.ProcessId, signal);
    }

    /// <summary>Takes back that whoever started this process had it ignore a signal, as <c>nohup</c> does; before it is listened for.</summary>
    /// <param name="signal">Its number.</param>
    public static void HeedSignal(int signal)
    {
        const string Ignored = "SigIgn:";   // proc(5): a mask, the first signal its lowest bit
        string mask = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..];
        if ((Convert.ToUInt64(mask.Trim(), 16) >> (signal - 1) & 1) == 1) _ = Libc.signal(signal, 0);   // SIG_DFL
    }

    /// <summary>Lets go of the terminal or pipe behind a standard descriptor; what is written there goes nowhere.</summary>
    /// <param name="descriptor">0, 1 or 2.</param>
    /// <exception cref="IOException">There is no <c>/dev/null</c>.</exception>
    public static void CloseStandard(int descriptor)
    {
        int none = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (none < 0) throw new IOException($"/dev/null: {Errno.Message(Marshal.GetLastPInvokeError())}");
        _ = Libc.dup2(none, descriptor);
        _ = Libc.close(none);
    }
}
