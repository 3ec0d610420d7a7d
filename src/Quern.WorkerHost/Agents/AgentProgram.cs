using System.Runtime.InteropServices;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>The commands <c>quern-worker agent …</c>.</summary>
internal static class AgentProgram
{
    public const string Usage =
        """
        usage: quern-worker agent run --config FILE --state DIR
               quern-worker agent status --state DIR
               quern-worker agent adopt --program FILE --state DIR

          run      joins the farm that FILE names, and works for it until it is stopped. Exit codes: 0 stopped, 2 this machine or
                   folder cannot be used, 4 the farm does not want this machine (starting it again changes nothing)
          status   who this agent is, how long its certificate is good, and what it did last

          adopt    used by 'quern agent upgrade': FILE is the program from the next start on, and stays if it joins the farm

          --config FILE   made by the farm; the key in it is worth nothing after the first connection
          --state DIR     its private key and certificate, and the builds; made when missing
        """;

    private const int Unusable = 2;

    /// <summary>Set for a program that was started in the place of the installed one: the path of that.</summary>
    private const string InstalledProgram = "QUERN_AGENT_INSTALLED";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [] or ["--help"] or ["-h"])
        {
            Console.WriteLine(Usage);
            return args.Length == 0 ? Unusable : 0;
        }
        var (command, file, state, problem) = Read(args);
        if (problem.Length > 0) return Refuse($"{problem}\n{Usage}");
        try
        {
            if (command == "status") return AgentStatus.Print(state!, TimeProvider.System.GetUtcNow(), Console.Out);
            if (command == "adopt")
            {
                new AgentPrograms(new AgentFolder(state!).Path).Adopt(file!);
                return 0;
            }
            if (AgentConfiguration.Read(file!, out problem) is not { } configuration) return Refuse(problem);
            return await RunAsync(configuration, new AgentFolder(state!), args);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(e.Message);
        }
        catch (PlatformNotSupportedException e)
        {
            // It is loaded when the first key is made; nothing before asks for it.
            return Refuse($"this machine has no OpenSSL 3 or 1.1, which the agent needs for its key and for TLS; install libssl3 (Debian, Ubuntu) or openssl-libs (Fedora and its like). {e.Message}");
        }
    }

    private static async Task<int> RunAsync(AgentConfiguration configuration, AgentFolder folder, string[] args)
    {
        var programs = new AgentPrograms(folder.Path);
        string? installed = Environment.GetEnvironmentVariable(InstalledProgram);
        Environment.SetEnvironmentVariable(InstalledProgram, null);   // builds have no use for it
        // The installed program looks which one is to run; that one runs.
        if (installed is null && GoOn(programs, Environment.ProcessPath!, args) is { } problem) Console.Error.WriteLine($"quern-worker: {problem}");
        int exitCode = await RunAsync(configuration, folder);
        bool fails = exitCode is not (0 or Agent.Exchange) && programs.IsOnTrial;
        if (fails) programs.GoBack();
        else if (exitCode != Agent.Exchange) return exitCode;
        installed ??= Environment.ProcessPath!;
        problem = GoOn(programs, installed, args) ?? OwnProcess.Become(installed, ["agent", .. args], (InstalledProgram, installed));
        return Refuse(problem);
    }

    /// <summary>Goes on as the program that the farm gave, if it gave one; else, or when it cannot be started, comes back.</summary>
    /// <returns>Why it cannot be started; null when there is none.</returns>
    private static string? GoOn(AgentPrograms programs, string installed, string[] args)
    {
        if (programs.Next() is not { } next) return null;
        string problem = OwnProcess.Become(next, ["agent", .. args], (InstalledProgram, installed));
        programs.GoBack();
        return problem;
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

    private static (string Command, string? File, string? State, string Problem) Read(string[] args)
    {
        string? file = null, state = null;
        string command = args[0];
        string? fileOption = command switch { "run" => "--config", "adopt" => "--program", _ => null };
        if (command is not ("run" or "status" or "adopt")) return (command, null, null, $"unknown command 'agent {command}'");
        for (int i = 1; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length) return (command, null, null, $"{args[i]} needs a value");
            if (args[i] == "--state") state = args[i + 1];
            else if (args[i] == fileOption) file = args[i + 1];
            else return (command, null, null, $"unknown option '{args[i]}'");
        }
        if (state is null) return (command, null, null, "--state is missing");
        return (command, file, state, fileOption is not null && file is null ? $"{fileOption} is missing" : "");
    }

    private static int Refuse(string problem)
    {
        Console.Error.WriteLine($"quern-worker: {problem}");
        return Unusable;
    }
}
