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

    /// <summary>Goes on as another program in the same process, as it was started: same number, same terminal and pipes.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">After the program's own name.</param>
    /// <param name="variable">One variable that it gets beside those of this process.</param>
    /// <returns>Only when that is not possible: why.</returns>
    public static unsafe string Become(string program, ReadOnlySpan<string> arguments, (string Name, string Value) variable)
    {
        var environment = new List<string> { $"{variable.Name}={variable.Value}" };
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
            if ((string)entry.Key != variable.Name) environment.Add($"{entry.Key}={entry.Value}");
        byte** words = Words([program, .. arguments]), settings = Words([.. environment]);
        _ = Libc.execve(program, words, settings);
        int error = Marshal.GetLastPInvokeError();
        Free(words);
        Free(settings);
        return $"{program}: {Errno.Message(error)}";
    }

    private static unsafe byte** Words(ReadOnlySpan<string> texts)
    {
        byte** words = (byte**)NativeMemory.Alloc((nuint)(texts.Length + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < texts.Length; i++) words[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        words[texts.Length] = null;
        return words;
    }

    private static unsafe void Free(byte** words)
    {
        for (int i = 0; words[i] is not null; i++) Marshal.FreeCoTaskMem((nint)words[i]);
        NativeMemory.Free(words);
    }
}
