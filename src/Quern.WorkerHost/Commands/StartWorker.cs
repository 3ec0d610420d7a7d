using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary><c>start</c> as the user sees it: the worker in the foreground, or a daemon that is watched until it has joined its master.</summary>
internal sealed class StartWorker(TextWriter output, TextWriter errors, TimeProvider time)
{
    /// <summary>In the environment of the process that is to be the daemon.</summary>
    public const string DaemonMark = "QUERN_WORKER_DAEMON";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);   // as stock programs

    private const string NotConfirmed =
        """
        The worker took more than 10 seconds to start and/or connect to its master, so
        it is not known whether it did. It goes on trying. Look for the line 'message
        from master: attached' in twistd.log; 'cannot reach' there means a wrong host or
        port or a master that is not running, 'does not accept' a wrong name or password.
        Correct buildbot.tac and restart the worker.

        """;

    private const string NotStarted =
        """
        Unable to confirm that the worker started correctly.
        You may need to stop it, fix the config file, and restart.

        """;

    public async Task<int> RunAsync(WorkerFolder folder, string tac, bool quiet, bool foreground)
    {
        bool daemon = Environment.GetEnvironmentVariable(DaemonMark) is not null;
        Environment.SetEnvironmentVariable(DaemonMark, null);   // commands and the master must not see it
        if (foreground) return await new TacWorker(folder, time).RunAsync(tac, errors, status: null);
        if (daemon)
        {
            await using var status = Console.OpenStandardOutput();
            return await new TacWorker(folder, time).RunAsync(tac, TextWriter.Null, status);
        }
        return await FollowAsync(quiet);
    }

    private async Task<int> FollowAsync(bool quiet)
    {
        if (!quiet) await output.WriteAsync("Following twistd.log until startup finished..\n");
        using var reader = new StreamReader(DetachedProcess.StartAgain($"{DaemonMark}=1"));
        long began = time.GetTimestamp();
        try
        {
            // A read of a pipe cannot be cancelled, only left alone; the program ends then.
            while (await reader.ReadLineAsync().WaitAsync(Remaining(began), time) is { } line)
            {
                if (line == DaemonStatus.Started && quiet) return 0;
                if (line == DaemonStatus.Attached)
                {
                    await output.WriteAsync("The buildbot-worker appears to have (re)started correctly.\n");
                    return 0;
                }
                if (line != DaemonStatus.Started) await errors.WriteAsync(line + "\n");
            }
            if (!quiet) await output.WriteAsync(NotStarted);
        }
        catch (TimeoutException)
        {
            if (!quiet) await output.WriteAsync(NotConfirmed);
        }
        return 1;
    }

    private TimeSpan Remaining(long began) =>
        Patience - time.GetElapsedTime(began) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
}
