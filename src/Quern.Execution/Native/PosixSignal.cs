namespace Quern.Execution;

/// <summary>Signal names as masters write them, without <c>SIG</c>. Numbers of x86-64 and arm64.</summary>
internal static class PosixSignal
{
    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The number; SIGKILL for a name nobody knows, so that a stop stops.</summary>
    public static int Number(string name)
    {
        int number = Array.IndexOf(Names, name, 1);
        return number < 0 ? Libc.SIGKILL : number;
    }
}
