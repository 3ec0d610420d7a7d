namespace Quern.WorkerHost;

/// <summary>What an agent's worker does that others do not.</summary>
/// <param name="RenewAsync">Gets a new certificate when the master asks for it. False when there is none now.</param>
/// <param name="Joined">It is at work.</param>
/// <param name="Program">What it runs as.</param>
internal sealed record AgentPart(Func<CancellationToken, Task<bool>> RenewAsync, Action Joined, OwnProgram Program);
