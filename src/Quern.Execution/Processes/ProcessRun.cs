using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// One program from its header to its elapsed time: the <c>shell</c> command, and the <c>rm</c> and <c>cp</c> of others.
/// Timers, the process's end, the pipes' end and the master's interrupt are signals in one inbox; one loop decides.
/// buildbot-commands.md sections 2.5 to 2.7.
/// </summary>
internal sealed partial class ProcessRun
{
    private static readonly TimeSpan LogPoll = TimeSpan.FromSeconds(2);

    // After a kill that was heard nobody should hold our pipes. Somebody out of reach (a process in another name space that
    // took a descriptor along) may keep them open for so long, then we stop reading.
    private static readonly TimeSpan DrainAfterKill = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GiveUpAfterKill = TimeSpan.FromSeconds(5);

    private readonly ShellArguments _arguments;
    private readonly CommandContext _context;
    private readonly bool _saysReturnCode;
    private readonly Channel<Signal> _inbox = Channel.CreateUnbounded<Signal>(new() { SingleReader = true });   // a handful of signals in all
    private readonly List<ITimer> _timers = [];
    private List<LogFileWatcher> _logs = [];
    private ImmutableSortedDictionary<string, string> _environment = ImmutableSortedDictionary<string, string>.Empty;
    private bool _terminal;
    private long _lastOutput;
    private long _lines;

    public ProcessRun(ShellArguments arguments, CommandContext context, bool saysReturnCode)
    {
        (_arguments, _context, _saysReturnCode) = (arguments, context, saysReturnCode);
    }

    private enum Signal
    {
        Exited, OutputEnded, Silence, TotalTime, TooManyLines, Interrupted, GraceOver, DrainOver, GaveUp, PollLogs,
    }

    /// <summary>Begins to stop the program; the run ends with what it still says.</summary>
    public void Interrupt() => _inbox.Writer.TryWrite(Signal.Interrupted);

    /// <returns>The exit code; -1 for an end by signal.</returns>
    /// <exception cref="CommandFailedException">It could not be started, or not be ended.</exception>
    public async Task<int> RunAsync()
    {
        try
        {
            await PrepareAsync();
            long started = _context.Time.GetTimestamp();
            int code = await StartAndFollowAsync();
            await FinishAsync(code, started);
            return code;
        }
        finally
        {
            foreach (var timer in _timers) await timer.DisposeAsync();
            foreach (var log in _logs) log.Dispose();
        }
    }

    private async ValueTask PrepareAsync()
    {
        try
        {
            Directory.CreateDirectory(_arguments.WorkingDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CommandFailedException.Of("OSError", $"{e.Message}: '{_arguments.WorkingDirectory}'");
        }
        _environment = EnvironmentMerge.Apply(_context.Options.Environment, _arguments.Environment, _arguments.WorkingDirectory);
        bool wanted = _arguments.WantsTerminal();
        _terminal = wanted && _arguments.StandardInput is null;
        _logs = LogFileWatcher.From(_arguments.LogFiles, _arguments.WorkingDirectory);
        foreach (string piece in ShellHeader.Pieces(_arguments, _environment, wanted && !_terminal, _terminal))
            await _context.Output.HeaderAsync(piece);
    }

    private async Task<int> StartAndFollowAsync()
    {
        LaunchResult result;
        try
        {
            result = _context.Host.Launch(new LaunchRequest(
                [.. _arguments.Words.Select(w => w.Real)],
                _arguments.WorkingDirectory,
                _environment.SetItem(ProcessTree.MarkerVariable, _context.Id),
                _terminal,
                KeepStdin: _arguments.StandardInput is { Length: > 0 }));
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            await _context.Output.StderrAsync($"error in RunProcess._startCommand ({e.Message})\n");
            throw CommandFailedException.Of("buildbot_worker.exceptions.AbandonChain", $"Got exception ({e.Message})");
        }
        if (result is LaunchResult.Failed failed)
        {
            // What people search for stands in a stock worker's text too: "[Errno 2] No such file or directory: b'...'".
            await _context.Output.StderrAsync(
                $"cannot start {_arguments.PythonForm}: [Errno {failed.Error}] {Errno.Message(failed.Error)}: {PythonText.Bytes(failed.Subject)}\n");
            return 1;
        }
        return await FollowAsync(((LaunchResult.Launched)result).Child);
    }

    private async Task<int> FollowAsync(ChildProcess child)
    {
        var pumps = Task.WhenAll(
            WriteInputAsync(child),
            PumpAsync(child.Stdout, BuildbotNames.Stdout, _arguments.WantStdout),
            child.Stderr is { } stderr ? PumpAsync(stderr, BuildbotNames.Stderr, _arguments.WantStderr) : Task.CompletedTask);
        var ends = Task.WhenAll(NotifyAsync(pumps, Signal.OutputEnded), NotifyAsync(child.Exited, Signal.Exited));
        try
        {
            StartTimers();
            return await new Supervision(this, child).RunAsync();
        }
        finally
        {
            child.Stdout.Cancel();
            child.Stderr?.Cancel();
            child.Stdin?.Cancel();
            await pumps;
            _context.Host.Release(child);
            await ends;
        }
    }

    private async Task NotifyAsync(Task what, Signal signal)
    {
        await what;
        _inbox.Writer.TryWrite(signal);
    }

    private async Task WriteInputAsync(ChildProcess child)
    {
        if (child.Stdin is null) return;
        await child.Stdin.WriteAsync(Encoding.UTF8.GetBytes(_arguments.StandardInput!));
        child.CloseStdin();
    }

    private void StartTimers()
    {
        _lastOutput = _context.Time.GetTimestamp();
        if (_arguments.SilenceTimeout is { IsZero: false } silence) After(silence.Value, Signal.Silence);
        if (_arguments.TotalTimeout is { IsZero: false } total) After(total.Value, Signal.TotalTime);
        if (_logs.Count > 0)
        {
            _inbox.Writer.TryWrite(Signal.PollLogs);
            _timers.Add(_context.Time.CreateTimer(_ => _inbox.Writer.TryWrite(Signal.PollLogs), null, LogPoll, LogPoll));
        }
    }

    private void After(TimeSpan delay, Signal signal) =>
        _timers.Add(_context.Time.CreateTimer(_ => _inbox.Writer.TryWrite(signal), null, delay, Timeout.InfiniteTimeSpan));

    private async ValueTask PollLogsAsync()
    {
        foreach (var log in _logs)
            if (await log.PollAsync(_context.Output)) Volatile.Write(ref _lastOutput, _context.Time.GetTimestamp());
    }

    private async ValueTask FinishAsync(int code, long started)
    {
        string elapsed = _context.Time.GetElapsedTime(started).TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);
        if (_saysReturnCode) await _context.Output.EntryAsync(new UpdateEntry.ReturnCode(code));
        await _context.Output.HeaderAsync($"elapsedTime={elapsed}\n");
    }
}
