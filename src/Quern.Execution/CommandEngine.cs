using System.Collections.Concurrent;
using System.Globalization;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// Runs worker commands for masters, whatever protocol brings them. Any number at once. The process becomes a subreaper:
/// orphans of commands come to it. Life: made once; <see cref="Start"/> until <see cref="DisposeAsync"/>, which stops what
/// still runs and waits for it. When the process is killed in between, a <see cref="Watchdog"/> ends what still runs.
/// </summary>
public sealed class CommandEngine(EngineOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly string _run = options.Run ?? FolderClaim.NameOfThisProcess;
    private readonly ProcessHost _host = new(options.Run ?? FolderClaim.NameOfThisProcess, time);
    private readonly ConcurrentDictionary<RunningCommand, byte> _running = new();
    /// <summary>Of the whole process: several engines may live in it, and a command is found by its id when it is killed.</summary>
    private static long s_lastId;

    /// <summary>The command names it knows, in the spelling of both protocols, with the version stock workers of 3.7 report.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Commands => CommandTable.Versions;

    /// <summary>Constructs a command and starts it; what follows goes through <paramref name="channel"/>.</summary>
    /// <param name="name">For instance <c>shell</c>, <c>upload_file</c> or <c>uploadFile</c>.</param>
    /// <param name="arguments">As the MessagePack protocol has them: every path complete.</param>
    /// <param name="channel">The command's way to its master.</param>
    /// <param name="settings">How output is gathered.</param>
    public StartResult Start(string name, WireValue.Map arguments, ICommandChannel channel, WorkerSettings settings)
    {
        IWorkerCommand command;
        try
        {
            command = CommandTable.Create(name, arguments);
        }
        catch (CommandRefusedException e)
        {
            return new StartResult.Refused(e.Failure);
        }
        string id = string.Create(CultureInfo.InvariantCulture, $"{_run}.{Interlocked.Increment(ref s_lastId)}");
        var output = new CommandOutput(channel, settings, time, options.UpdatesInFlight);
        var running = new RunningCommand(command, new CommandContext(output, channel, options, _host, time, id));
        _running[running] = 0;
        _ = ForgetAsync(running);
        return new StartResult.Started(running);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var running in _running.Keys) running.Abandon();
        await Task.WhenAll(_running.Keys.Select(r => r.Completion));
        _host.Dispose();
    }

    /// <summary>Completion never faults, so neither does this.</summary>
    private async Task ForgetAsync(RunningCommand running)
    {
        await running.Completion;
        _running.TryRemove(running, out _);
    }
}
