namespace Quern.MasterHost.Agents.Deployment;

/// <summary>How bringing an agent to a machine ended.</summary>
/// <param name="Installed">Whether the agent is on the machine now: then the key inside stays good, else it is taken back.</param>
/// <param name="Message">What was done, or what went wrong, on which machine, and what to do.</param>
internal sealed record DeploymentOutcome(bool Succeeded, bool Installed, string Message);
