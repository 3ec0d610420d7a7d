using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>The life of the worker program: connect, serve, come back.</summary>
internal sealed class Worker(WorkerOptions options, string password, TimeProvider time, Action<string> log)
{
    /// <returns>The exit code: 0 after a stop or a master's shutdown, 3 when the master could not be reached often enough.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(Path.Combine(options.BaseDirectory, "info"));
        var environment = EngineOptions.OwnEnvironment();
        var facts = WorkerFacts.Gather(options.BaseDirectory, environment);
        await using var engine = new CommandEngine(
            new EngineOptions { BaseDirectory = options.BaseDirectory, Environment = environment }, time);
        var backoff = new Backoff();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var link = await MasterLink.ConnectAsync(options, password, time, stop);
                log($"connected to {options.Host}:{options.Port} as {options.Name}");
                backoff.Succeeded();
                using var session = new MasterSession(link, engine, facts, time, log);
                string reason = await session.RunAsync(stop);
                log(reason);
                if (session.ShutdownRequested) return 0;
            }
            catch (IOException e)
            {
                log(e.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            if (stop.IsCancellationRequested) break;
            if (options.MaxRetries <= backoff.Failures)
            {
                log($"giving up after {backoff.Failures + 1} failed attempts");
                return 3;
            }
            await WaitAsync(backoff.Next(), stop);
        }
        return 0;
    }

    private async Task WaitAsync(TimeSpan delay, CancellationToken stop)
    {
        try
        {
            await Task.Delay(delay, time, stop);
        }
        catch (OperationCanceledException)
        {
            // Stopped while waiting: the caller looks.
        }
    }
}
