using System.ComponentModel;
using System.Diagnostics;

namespace Quern.Cli.Demo;

/// <summary>Tries what a sandboxed build needs, before minutes are spent on a root.</summary>
internal static class SandboxProbe
{
    private const string Script = "mount -t tmpfs tmpfs /tmp && exec bwrap --unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-net --ro-bind / / --proc /proc --dev /dev true";

    /// <summary>Null when it works, else what does not.</summary>
    public static async Task<string?> RefusalAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", Script])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            string errors = await process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? null : $"This machine allows no sandbox: {errors.Trim().ReplaceLineEndings("; ")}.";
        }
        catch (Win32Exception e)
        {
            return $"The program unshare cannot be run: {e.Message}. Run: apt-get install util-linux bubblewrap.";
        }
    }
}
