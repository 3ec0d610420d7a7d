using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>Which program an agent is to get.</summary>
/// <param name="Program">A blob; the default value when there is none for this agent.</param>
/// <param name="Problem">Why there is none; else empty.</param>
internal sealed record AgentOffer(StoredAgent Agent, Sha256Hash Program, string Problem = "");
