using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>A command on its way. <see cref="Completion"/> ends, without a fault, when the master has its last word or is gone.</summary>
public sealed class RunningCommand
{
    private readonly IWorkerCommand _command;
    private readonly CommandOutput _output;
    private volatile bool _interrupted;

    internal RunningCommand(IWorkerCommand command, CommandContext context)
    {
        _command = command;
        _output = context.Output;
        // Off the caller's thread: it reads the link, and some commands work a while before they wait for something.
        Completion = Task.Run(() => RunAsync(context));
    }

    public Task Completion { get; }

    /// <summary>Sends what is held back, then stops the command; ends when the stop has begun.</summary>
    public async ValueTask InterruptAsync()
    {
        if (Completion.IsCompleted) return;
        _interrupted = true;
        await _output.FlushAsync();
        _command.Interrupt();
    }

    /// <summary>Nobody listens any more: stops the command, whose further words go nowhere.</summary>
    public void Abandon()
    {
        _interrupted = true;
        _output.Abandon();
        _command.Interrupt();
    }

    private async Task RunAsync(CommandContext context)
    {
        long started = context.Time.GetTimestamp();
        CommandFailure? failure = null;
        try
        {
            await _command.RunAsync(context);
        }
        catch (CommandFailedException e)
        {
            failure = e.Failure;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException
            or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // The master hears of it as of any exception in a worker; when the master is what failed, nobody does.
            failure = CommandFailure.Of("RuntimeError", $"{e.GetType().Name}: {e.Message}");
        }
        if (!_interrupted)
            await context.Output.EntryAsync(new UpdateEntry.Elapsed(context.Time.GetElapsedTime(started).TotalSeconds));
        await context.Output.FlushAsync();
        try
        {
            if (!context.Output.IsLost) await context.Channel.CompleteAsync(failure);
        }
        catch (Exception e) when (e is MasterRefusedException or IOException or OperationCanceledException
            or ObjectDisposedException or InvalidOperationException)
        {
            // Nothing is left to tell and nobody to tell it to.
        }
        await context.Output.DisposeAsync();
    }
}
