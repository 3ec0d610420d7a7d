namespace Quern.MasterHost.Agents.Deployment;

/// <summary>A step that did not work; the message is for the person who asked.</summary>
/// <param name="goesOn">The machine goes on with what it has begun, and nobody sees how.</param>
internal sealed class SshFailureException(string message, bool goesOn = false) : Exception(message)
{
    public bool GoesOn { get; } = goesOn;
}
