using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>
/// Programs in a root of their own, as in Quern's plans (docs/building.md): user, mount, process, IPC and host name namespaces, no network
/// unless it is asked for, bubblewrap on top. The root is an overlay over the template where the kernel and the file system allow it, else a
/// copy. Every mount is in a namespace that ends with its program: nothing is left mounted, however this process ends.
/// </summary>
internal sealed class BuildSandbox(bool hasOverlay, bool hasNetwork)
{
    // Relative names: a path may hold a comma or a colon, which the options of an overlay cannot. bwrap is not the last command
    // "by exec": it has itself killed with its parent, and must have one that stays.
    private const string EnterScript =
        """
        set -eu
        exec 2>&1 </dev/null
        mode=$1 template=$2
        shift 2
        if [ "$mode" = overlay ]; then
            mount --bind "$template" lower
            mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr merged 2>/dev/null ||
                mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
        fi
        code=0
        bwrap "$@" || code=$?
        exit "$code"
        """;

    private static readonly ImmutableArray<string> Namespaces = ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c"];

    /// <summary>Whether roots are overlays; else copies of the template.</summary>
    public bool HasOverlay => hasOverlay;

    /// <summary>Finds out what this machine can do.</summary>
    /// <param name="runner">In a folder that may be filled; it holds nothing.</param>
    /// <param name="hasNetwork">Whether builds may reach the network.</param>
    /// <param name="folder">That folder.</param>
    /// <returns>The sandbox, or what is missing: builds never run without one.</returns>
    public static async Task<(BuildSandbox? Sandbox, string Problem)> FindAsync(ProgramRunner runner, string folder, bool hasNetwork, BotLimits limits, CancellationToken cancellationToken)
    {
        var said = new TextTail();
        try
        {
            var bare = new BuildSandbox(false, hasNetwork);
            if (await runner.RunAsync(bare.Command("", [.. bare.Isolation, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]), limits.StepTime, said.AddAsync, cancellationToken) != 0)
                return (null, $"this machine cannot build in a sandbox: {said.LastLine}. It needs the programs unshare (util-linux) and bwrap (bubblewrap), and user namespaces that are allowed");
            if (!limits.MayOverlay) return (bare, "");
            foreach (string name in (string[])["template", "lower", "upper", "work", "merged"]) Directory.CreateDirectory(Path.Combine(folder, name));
            var layered = new BuildSandbox(true, hasNetwork);
            bool overlay = await runner.RunAsync(
                layered.Command(Path.Combine(folder, "template"), [.. layered.Isolation, "--ro-bind", "/", "/", "--bind", "merged", "/tmp", "--dev", "/dev", "--proc", "/proc", "true"]),
                limits.StepTime, null, cancellationToken) == 0;
            return (overlay ? layered : bare, "");
        }
        catch (BotFailureException e)
        {
            return (null, $"this machine cannot build in a sandbox: {e.Message}");
        }
    }

    /// <summary>A program in the root of a room.</summary>
    /// <param name="template">What lies under the overlay.</param>
    /// <param name="directory">Where it runs, in the root.</param>
    /// <param name="environment">All of it.</param>
    /// <param name="program">Absolute, in the root, with its arguments.</param>
    public ImmutableArray<string> InRoot(string template, string directory, IEnumerable<(string Name, string Value)> environment, ImmutableArray<string> program) =>
        Command(template,
        [
            "--bind", "merged", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run",
            .. hasNetwork && File.Exists("/etc/resolv.conf") ? (string[])["--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf"] : [],
            .. Isolation, "--chdir", directory, "--clearenv", .. environment.SelectMany(e => (string[])["--setenv", e.Name, e.Value]),
            "--", .. program,
        ]);

    /// <summary>A program of this machine that sees one folder of a room as <c>/data</c>, and of the machine its programs alone.</summary>
    public static ImmutableArray<string> OnHost(string folder, ImmutableArray<string> program) =>
        new BuildSandbox(false, false).Command("",
        [
            "--ro-bind", "/usr", "/usr", "--ro-bind-try", "/lib", "/lib", "--ro-bind-try", "/lib64", "/lib64", "--ro-bind-try", "/bin", "/bin",
            "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--bind", folder, "/data",
            .. new BuildSandbox(false, false).Isolation, "--chdir", "/data", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--", .. program,
        ]);

    private ImmutableArray<string> Isolation =>
    [
        "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", .. hasNetwork ? (string[])[] : ["--unshare-net"],
        "--hostname", "quern", "--die-with-parent", "--new-session",
    ];

    private ImmutableArray<string> Command(string template, ImmutableArray<string> words) =>
        [.. Namespaces, EnterScript, "quern-room", hasOverlay ? "overlay" : "copy", template, .. words];
}
