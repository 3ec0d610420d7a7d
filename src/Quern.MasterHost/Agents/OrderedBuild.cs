using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents;

/// <summary>A build in the queue.</summary>
/// <param name="Progress">Told of every step.</param>
internal sealed record OrderedBuild(AgentBuild Build, CheckedOrder Order, Caller Who, Action<AgentProgress> Progress);
