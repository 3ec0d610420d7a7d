using Quern.Agents;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>An artifact on its way.</summary>
/// <param name="Format">As <see cref="IAgentPackager.Format"/>; one that machines can install.</param>
/// <param name="Path">Of the file here.</param>
/// <param name="Sha256">Of the file, in hexadecimal.</param>
internal sealed record DeployedAgent(AgentPlatform Platform, string Format, string Path, long Bytes, string Sha256);
