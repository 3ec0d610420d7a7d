using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Quern.Execution;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>
/// Runs programs for a bot through the worker's engine, so that they are ended with everything they started: by a stop, at the end of their
/// time, and by the watchdog when this process is killed.
/// </summary>
/// <param name="session">Ends what still runs with the connection.</param>
/// <param name="folder">Where programs run that are told no other place; absolute.</param>
internal sealed class ProgramRunner(WorkerSession session, string folder)
{
    private static readonly WorkerSettings Settings = WorkerSettings.Buildbot with
    {
        BufferSize = 64 * 1024,
        BufferTimeout = TimeSpan.FromMilliseconds(200),
        NewlineRegex = @"(\r\n|\r(?=.))",
        MaxLineLength = 32 * 1024,
    };

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>The same for programs that run in another folder.</summary>
    public ProgramRunner In(string other) => new(session, other);

    /// <summary>Runs to the end.</summary>
    /// <param name="command">Program and arguments; no shell reads them.</param>
    /// <param name="limit">After so long it is ended.</param>
    /// <param name="output">Takes whole lines of standard output and error as they come; null when nobody wants them.</param>
    /// <returns>The exit code, -1 for an end by a signal; null when its time was over.</returns>
    /// <exception cref="BotFailureException">It cannot be started.</exception>
    /// <exception cref="OperationCanceledException">Everything it started is ended.</exception>
    /// <exception cref="IOException">From <paramref name="output"/>, as is <see cref="JobGoneException"/>.</exception>
    public async Task<int?> RunAsync(ImmutableArray<string> command, TimeSpan limit, Func<ReadOnlyMemory<byte>, ValueTask>? output, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var shell = new RemoteCommand.Shell { Command = command, SilenceTimeout = null, LogEnvironment = false, TerminationGrace = Grace };
        var (name, arguments) = RemoteCommandArguments.For(shell, folder);
        var observer = new LineObserver(output);
        using var channel = new ObserverChannel(observer);
        var result = session.Start(name, arguments, channel, Settings);
        if (result is not StartResult.Started { Command: var running }) throw new BotFailureException($"cannot start {command[0]}: {((StartResult.Refused)result).Failure.Message}");
        channel.Failed = running.Abandon;

        bool late = false;
        Task interrupting = Task.CompletedTask;
        await using (var timer = session.Time.CreateTimer(_ => Interrupt(), null, limit, Timeout.InfiniteTimeSpan))
        await using (cancellationToken.Register(running.Abandon))
            await running.Completion;
        await interrupting;
        cancellationToken.ThrowIfCancellationRequested();
        observer.Error?.Throw();
        return channel.Result switch
        {
            _ when late => null,
            CommandResult.Ended ended => ended.ExitCode,
            CommandResult.Refused refused => throw new BotFailureException($"{command[0]}: {refused.Reason}"),
            _ => throw new BotFailureException($"{command[0]} is lost"),
        };

        void Interrupt()
        {
            late = true;
            interrupting = running.InterruptAsync().AsTask();
        }
    }

    /// <summary>Runs a program that has to succeed; what it says is the reason when it does not.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async Task RunToSuccessAsync(ImmutableArray<string> command, TimeSpan limit, CancellationToken cancellationToken)
    {
        var said = new TextTail();
        int? code = await RunAsync(command, limit, said.AddAsync, cancellationToken);
        if (code is null) throw new BotFailureException($"{command[0]} took longer than {limit.TotalSeconds:0} s");
        if (code != 0) throw new BotFailureException($"{command[0]} ended with {code}: {said.LastLine}");
    }

    private sealed class LineObserver(Func<ReadOnlyMemory<byte>, ValueTask>? output) : ICommandObserver
    {
        /// <summary>Why the output could not be taken; ends the program.</summary>
        public ExceptionDispatchInfo? Error { get; private set; }

        public async ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at)
        {
            if (output is null || stream is not (OutputStream.Stdout or OutputStream.Stderr)) return;
            try
            {
                await output(text);
            }
            catch (Exception e) when (e is IOException or JobGoneException or OperationCanceledException)
            {
                Error ??= ExceptionDispatchInfo.Capture(e);
                throw;
            }
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> block) => throw new NotSupportedException();

        public ValueTask CloseWriteAsync() => throw new NotSupportedException();

        public ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length) => throw new NotSupportedException();

        public ValueTask CloseReadAsync() => throw new NotSupportedException();
    }
}
