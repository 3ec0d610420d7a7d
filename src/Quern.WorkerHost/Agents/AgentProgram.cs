using System.Runtime.InteropServices;

namespace Quern.WorkerHost;

/// <summary>The commands <c>quern-worker agent …</c>.</summary>
internal static class AgentProgram
{
    public const string Usage =
        """
        usage: quern-worker agent run --config FILE --state DIR
               quern-worker agent status --state DIR

          run      joins the farm that FILE names, and works for it until it is stopped. Exit codes: 0 stopped, 2 this machine or
                   folder cannot be used, 4 the farm does not want this machine (starting it again changes nothing)
          status   who this agent is, how long its certificate is good, and what it did last

          --config FILE   made by the farm; the key in it is worth nothing after the first connection
          --state DIR     its private key and certificate, and the builds; made when missing
        """;

    private const int Unusable = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [] or ["--help"] or ["-h"])
        {
            Console.WriteLine(Usage);
            return args.Length == 0 ? Unusable : 0;
        }
        var (command, config, state, problem) = Read(args);
        if (problem.Length > 0) return Refuse($"{problem}\n{Usage}");
        try
        {
            if (command == "status") return AgentStatus.Print(state!, TimeProvider.System.GetUtcNow(), Console.Out);
            if (AgentConfiguration.Read(config!, out problem) is not { } configuration) return Refuse(problem);
            return await RunAsync(configuration, new AgentFolder(state!));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(e.Message);
        }
    }

    private static async Task<int> RunAsync(AgentConfiguration configuration, AgentFolder folder)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;   // commands are ended first, then the process
            stop.Cancel();
        }

        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        return await new Agent(configuration, folder, TimeProvider.System, Console.Error.WriteLine).RunAsync(stop.Token);
    }

    private static (string Command, string? Config, string? State, string Problem) Read(string[] args)
    {
        string? config = null, state = null;
        string command = args[0];
        if (command is not ("run" or "status")) return (command, null, null, $"unknown command 'agent {command}'");
        for (int i = 1; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length) return (command, null, null, $"{args[i]} needs a value");
            if (args[i] == "--state") state = args[i + 1];
            else if (args[i] == "--config" && command == "run") config = args[i + 1];
            else return (command, null, null, $"unknown option '{args[i]}'");
        }
        if (state is null) return (command, null, null, "--state is missing");
        return (command, config, state, command == "run" && config is null ? "--config is missing" : "");
    }

    private static int Refuse(string problem)
    {
        Console.Error.WriteLine($"quern-worker: {problem}");
        return Unusable;
    }
}
