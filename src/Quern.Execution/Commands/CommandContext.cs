namespace Quern.Execution;

/// <summary>What a running command works with.</summary>
/// <param name="Output">Where everything it says goes.</param>
/// <param name="Channel">For transfers only; what is said goes through <paramref name="Output"/>.</param>
/// <param name="Options">The engine's.</param>
/// <param name="Host">Starts processes and ends trees.</param>
/// <param name="Time">For timers and durations.</param>
/// <param name="Id">Unique in this process; the value of the marker variable.</param>
internal sealed record CommandContext(
    CommandOutput Output, ICommandChannel Channel, EngineOptions Options, ProcessHost Host, TimeProvider Time, string Id);
