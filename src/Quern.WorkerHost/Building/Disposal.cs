namespace Quern.WorkerHost;

/// <summary>Removes folders that builds have filled: deeper than a path can be long, without rights, links in them not followed.</summary>
internal static class Disposal
{
    /// <exception cref="BotFailureException">Something of it stays.</exception>
    public static async Task RemoveAsync(string folder, ProgramRunner runner, BotLimits limits, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder)) return;
        await runner.RunToSuccessAsync(
            ["/bin/sh", "-c", "chmod -R u+rwx -- \"$1\" 2>/dev/null; exec rm -rf -- \"$1\"", "quern-remove", folder], limits.StepTime, cancellationToken);
    }
}
