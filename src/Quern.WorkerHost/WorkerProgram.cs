using System.Runtime.InteropServices;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>
/// The worker as a program; <c>quern worker --master</c> runs the same. Called <c>buildbot-worker</c>, or with one of its commands, it
/// has the command line of that program.
/// </summary>
public static class WorkerProgram
{
    /// <summary>The exit code when arguments, password or folder cannot be used.</summary>
    private const int Unusable = 2;

    /// <summary>Runs until SIGTERM, SIGINT, or the worker gives up; answers the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        string name = CalledAs();
        if (Path.GetFileName(name) == "buildbot-worker" || BuildbotProgram.Knows(args))
            return await new BuildbotProgram(name, Console.Out, Console.Error, TimeProvider.System).RunAsync(args);
        if (args is ["agent", ..]) return await AgentProgram.RunAsync(args[1..]);
        var (arguments, exitCode) = Read(args);
        if (arguments is null) return exitCode;
        if (Password(arguments) is not { } password) return Unusable;
        using var folder = FolderClaim.TryTake(arguments.Options.BaseDirectory, out string problem);
        if (folder is null)
        {
            Console.Error.WriteLine($"quern-worker: {problem}");
            return Unusable;
        }
        var worker = new Worker(arguments.Options, folder, password, TimeProvider.System, Console.Error.WriteLine);

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

    /// <summary>The name the program was called by: a link to it keeps its own name there.</summary>
    private static string CalledAs() => File.ReadAllText("/proc/self/cmdline").Split('\0', 2)[0];

    /// <summary>What worker to run, or the exit code when there is none.</summary>
    private static (WorkerArguments? Worker, int ExitCode) Read(string[] args)
    {
        if (args is ["--version"])
        {
            Console.WriteLine($"quern-worker {WorkerFacts.Version}");
            return (null, 0);
        }
        if (args is ["--help"] or ["-h"])
        {
            Console.WriteLine(WorkerArguments.Usage);
            Console.WriteLine();
            Console.WriteLine("The commands agent run and agent status are those of an agent; 'quern-worker agent --help' tells of them.");
            Console.WriteLine("The commands create-worker, start, stop and restart are those of buildbot-worker; a link of that name to this program has no others.");
            return (null, 0);
        }
        if (WorkerArguments.TryParse(args, out string problem) is not { } arguments)
        {
            Console.Error.WriteLine($"quern-worker: {problem}");
            Console.Error.WriteLine(WorkerArguments.Usage);
            return (null, Unusable);
        }
        return (arguments, 0);
    }

    private static string? Password(WorkerArguments arguments)
    {
        try
        {
            return File.ReadLines(arguments.PasswordFile).FirstOrDefault("").TrimEnd('\r');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"quern-worker: cannot read the password: {e.Message}");
            return null;
        }
    }
}
