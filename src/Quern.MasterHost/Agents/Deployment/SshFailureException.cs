namespace Quern.MasterHost.Agents.Deployment;

/// <summary>A step that did not work; the message is for the person who asked.</summary>
internal sealed class SshFailureException(string message) : Exception(message);
