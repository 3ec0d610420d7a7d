using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Quern.Cli;

/// <summary>
/// While it lives, the terminal of standard input does not show what is typed. Not by <see cref="Console.ReadKey(bool)"/>, which
/// hides only what comes while a key is awaited: a pasted password can come before. Disposing shows typing again.
/// </summary>
internal sealed partial class HiddenTyping : IDisposable
{
    private const int StandardInput = 0;
    private const int DropTypedAhead = 2;       // TCSAFLUSH: what was typed before the question is not the answer
    private const int LocalFlags = 3;           // struct termios: c_iflag, c_oflag, c_cflag, c_lflag, four bytes each
    private const uint Echo = 8;                // ECHO

    /// <summary>Larger than <c>struct termios</c> of any C library for Linux (glibc has 60 bytes).</summary>
    private readonly byte[] _before = new byte[256];

    /// <exception cref="IOException">Standard input is a terminal that does not let itself be set.</exception>
    public HiddenTyping()
    {
        Check(Get(StandardInput, _before));
        byte[] hidden = [.. _before];
        MemoryMarshal.Cast<byte, uint>(hidden.AsSpan())[LocalFlags] &= ~Echo;
        Check(Set(StandardInput, DropTypedAhead, hidden));
    }

    public void Dispose() => Set(StandardInput, DropTypedAhead, _before);

    /// <summary>One line as the terminal's own line editing leaves it; null at its end (Ctrl-D).</summary>
    public static string? ReadLine()
    {
        // The descriptor itself: the console's reader would show what it reads.
        using var input = new FileStream(new SafeFileHandle(StandardInput, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        using var lines = new StreamReader(input);
        return lines.ReadLine();
    }

    private static void Check(int result)
    {
        if (result != 0) throw new IOException($"The terminal cannot hide what is typed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int Get(int descriptor, Span<byte> settings);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int Set(int descriptor, int when, ReadOnlySpan<byte> settings);
}
