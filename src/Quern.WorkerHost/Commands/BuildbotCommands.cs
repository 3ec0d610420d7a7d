using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>The commands of <c>buildbot-worker</c> with their options. buildbot-commands.md section 6.</summary>
internal static class BuildbotCommands
{
    private const string FolderDescription = "Works on the folder <basedir>, or on the current directory when none is named.";

    private static readonly OptionSpec Help = new("help", 'h', false, null, "Display this help and exit.");
    private static readonly OptionSpec Version = new("version", null, false, null, "Display version and exit.");
    private static readonly OptionSpec QuietStart = new("quiet", 'q', false, null, "Don't display startup log messages");
    private static readonly OptionSpec Quiet = new("quiet", 'q', false, null, "Do not emit the commands being run");
    private static readonly OptionSpec NoDaemon = new("nodaemon", null, false, null, "Don't daemonize (stay in foreground)");

    public static readonly CommandSpec Start = new(
        "start", "Start a worker", "buildbot-worker start [<basedir>]", FolderDescription, [Help, NoDaemon, QuietStart, Version]);

    public static readonly CommandSpec Stop = new(
        "stop", "Stop a worker", "buildbot-worker stop [<basedir>]", FolderDescription, [Help, Quiet, Version]);

    public static readonly CommandSpec Restart = new(
        "restart", "Restart a worker", "buildbot-worker restart [<basedir>]", FolderDescription, [Help, NoDaemon, QuietStart, Version]);

    public static readonly CommandSpec Create = new(
        "create-worker", "Create and populate a directory for a new worker",
        "buildbot-worker create-worker [options] <basedir> <master> <name> <passwd>",
        "Makes the folder <basedir> of a worker with its buildbot.tac. The worker logs in at <master>, a text like host or host:port "
        + "(the port is 9989 when none is given), with <name> and <passwd>, which the administrator of the master gives out. Builds happen in folders below <basedir>.",
        [
            Help, Quiet, Version,
            new("force", 'f', false, null, "Re-use an existing directory"),
            new("relocatable", 'r', false, null, "Create a relocatable buildbot.tac"),
            new("no-logrotate", 'n', false, null, "Do not permit buildmaster rotate logs by itself"),
            new("use-tls", null, false, null, "Uses TLS to connect to master"),
            new("delete-leftover-dirs", null, false, null, "Delete folders that are not required by the master on connection"),
            new("keepalive", 'k', true, "600", "Interval at which keepalives should be sent (in seconds)"),
            new("umask", null, true, "None", "controls permissions of generated files. Use --umask=0o22 to be world-readable"),
            new("maxdelay", null, true, "300", "Maximum time between connection attempts"),
            new("maxretries", null, true, "None", "Maximum number of retries before worker shutdown"),
            new("numcpus", null, true, "None", "Number of available cpus to use on a build."),
            new("log-size", 's', true, "10000000", "size at which to rotate twisted log files"),
            new("log-count", 'l', true, "10", "limit the number of kept old twisted log files (None for unlimited)"),
            new("allow-shutdown", 'a', true, null, "Allows the worker to initiate a graceful shutdown. One of 'signal' or 'file'"),
            new("protocol", null, true, "pb", "Protocol to be used when creating master-worker connection"),
            new("connection-string", null, true, null, "Twisted endpoint to connect to instead of <master>"),
            new("proxy-connection-string", null, true, null, "Address of HTTP proxy to tunnel through"),
        ]);

    public static readonly CommandSpec Program = new(
        "", "", "buildbot-worker <command> [command options]", "",
        [Help with { Letter = null }, new("verbose", null, false, null, ""), new("version", null, false, null, "")]);

    public static readonly ImmutableArray<CommandSpec> All = [Create, Start, Stop, Restart];
}
