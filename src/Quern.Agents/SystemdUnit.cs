namespace Quern.Agents;

/// <summary>The service that runs an agent. Why it forbids what it forbids stands in the unit itself.</summary>
internal static class SystemdUnit
{
    /// <summary>Where the installer puts the program unless told otherwise.</summary>
    public const string OptProgram = "/opt/quern-agent/quern-worker";

    /// <summary>Where packages put the program.</summary>
    public const string PackagedProgram = "/usr/lib/quern-agent/quern-worker";

    public static byte[] For(string program) => PackageText.Of("quern-agent.service", ("PROGRAM", program));
}
