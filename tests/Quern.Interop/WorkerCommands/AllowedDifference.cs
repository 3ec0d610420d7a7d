namespace Quern.Interop.WorkerCommands;

/// <summary>Where the two programs may say different things.</summary>
/// <param name="Pattern">A regular expression over an output; what it matches is replaced in both outputs before they are compared.</param>
/// <param name="Meaning">What both say in their own words.</param>
/// <param name="Reason">Why they may differ.</param>
/// <param name="Session">One of <see cref="SameCommandsTests"/> in which they do.</param>
public sealed record AllowedDifference(string Pattern, string Meaning, string Reason, string Session)
{
    /// <summary>A daemon in a folder with the pid file of a dead process, started once more while it runs, without a master to join.</summary>
    public const string DaemonSession =
        "create-worker -q d 127.0.0.1:1 n p; !stale d; start d; start -q d; stop d; stop d";

    public static readonly AllowedDifference[] All =
    [
        new(@"(?m)^\S*buildbot-worker:  ", "PROGRAM:  ", "The path by which each program was called.", "frob"),
        new(@"Display (Twisted )?version and exit\.", "VERSION", "This program does not run on Twisted.", "start --help"),
        new(@"worker version: \S+\n(Twisted|Quern) version: \S+", "VERSIONS", "Two programs, two versions.", "--version"),
        new(@"(?m)^(Twisted|Quern) version: \S+", "VERSION", "Two programs, two versions.", "start --version"),
        new(@"\n(Operates upon|Works on)[^\n]*(\n[^\n]+)*\n", "\nDESCRIPTION\n", "Help in our own words.", "start --help"),
        new(@"\n(This command creates|Makes the folder)[^\n]*(\n[^\n]+)*\n", "\nDESCRIPTION\n", "Help in our own words.", "create-worker --help"),
        new(@"      --connection-string=[^\n]*\n {34}[^\n]*\n", "", "An option that stock programs have since 3.10.", "create-worker --help"),
        new(@"Another twistd server is running, PID \d+(\n+[^\n]+)*\n*", "Another twistd server is running\n", "Advice in our own words.", DaemonSession),
        new(@"The worker took more than 10 seconds to start and/or connect\s[\s\S]*?restart the worker\.\n", "NOT CONFIRMED\n", "Advice in our own words.", DaemonSession),
        new(@"Removing stale pidfile [^\n]*\n", "", "A pid file of a dead process is removed without a word.", DaemonSession),
        new(@"worker process \d+ is dead", "DEAD", "Two processes, two numbers.", DaemonSession),
    ];
}
