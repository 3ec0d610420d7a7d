using System.Runtime.InteropServices;

namespace Quern.WorkerHost;

/// <summary>The program that an agent runs as: by it the farm sees whether a newer one is to be had.</summary>
/// <param name="Platform">That it was made for, as .NET calls it, for instance <c>linux-musl-x64</c>.</param>
/// <param name="Sha256">Of its file, in lower-case hexadecimal.</param>
internal sealed record OwnProgram(string Platform, string Sha256)
{
    // The file of this process, also when another one lies in its place by now.
    private const string Self = "/proc/self/exe";

    /// <param name="programs">Knows whether the farm gave another program than the installed one.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OwnProgram Find(AgentPrograms programs) => new(
        $"linux-{(RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "musl-" : "")}{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}",
        programs.CurrentSha256 ?? AgentPrograms.HashOf(Self));
}
