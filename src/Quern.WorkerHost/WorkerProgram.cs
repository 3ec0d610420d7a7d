using System.Runtime.InteropServices;

namespace Quern.WorkerHost;

/// <summary>The worker as a program; <c>quern worker --master</c> runs the same.</summary>
public static class WorkerProgram
{
    /// <summary>Runs until SIGTERM, SIGINT, or the worker gives up; answers the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var (worker, exitCode) = Prepare(args);
        if (worker is null) return exitCode;

        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;   // commands are ended first, then the process
            stop.Cancel();
        }

        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        return await worker.RunAsync(stop.Token);
    }

    /// <summary>A worker to run, or the exit code when there is nothing to run.</summary>
    private static (Worker? Worker, int ExitCode) Prepare(string[] args)
    {
        if (args is ["--version"])
        {
            Console.WriteLine($"quern-worker {WorkerFacts.Version}");
            return (null, 0);
        }
        if (args is ["--help"] or ["-h"])
        {
            Console.WriteLine(WorkerOptions.Usage);
            return (null, 0);
        }
        if (WorkerOptions.TryParse(args, out string problem) is not { } options)
        {
            Console.Error.WriteLine($"quern-worker: {problem}");
            Console.Error.WriteLine(WorkerOptions.Usage);
            return (null, 2);
        }
        try
        {
            string password = File.ReadLines(options.PasswordFile).FirstOrDefault("").TrimEnd('\r');
            return (new Worker(options, password, TimeProvider.System, Console.Error.WriteLine), 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"quern-worker: cannot read the password: {e.Message}");
            return (null, 2);
        }
    }
}
