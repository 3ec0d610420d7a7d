using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary><c>stop</c>: ends the process in the folder's pid file. buildbot-commands.md section 6.3.</summary>
internal sealed class StopWorker(TextWriter output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);   // as stock programs

    /// <returns>The exit code; null when the folder has no running worker.</returns>
    public async Task<int?> TryRunAsync(WorkerFolder folder, bool quiet)
    {
        if (folder.ReadPid() is not { } id) return null;
        try
        {
            using var process = ForeignProcess.TryOpen(id);
            process?.Terminate();
            bool ended = process is null || await process.WaitForExitAsync(Patience);
            if (!quiet) await output.WriteAsync(ended ? $"worker process {id} is dead\n" : "never saw process go away\n");
            return ended ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await output.WriteAsync($"cannot stop the worker: {e.Message}\n");
            return 1;
        }
    }
}
