namespace Quern.Execution;

/// <summary>One command. Life: constructed from its arguments, run once; <see cref="Interrupt"/> may come at any time, more than once.</summary>
internal interface IWorkerCommand
{
    /// <summary>Runs to the end, saying the rc as it goes.</summary>
    /// <exception cref="CommandFailedException">It could not be run; the text completes it.</exception>
    Task RunAsync(CommandContext context);

    /// <summary>Asks it to stop soon; commands that take no time may ignore it.</summary>
    void Interrupt();
}
