using System.Collections.Immutable;

namespace Quern.Agents;

/// <summary>All formats that agents can be had in.</summary>
public static class AgentPackagers
{
    public static ImmutableArray<IAgentPackager> All { get; } = [new TarGzPackager(), new ShellPackager(), new DebPackager(), new RpmPackager(), new OciPackager()];

    public static string Formats { get; } = string.Join(", ", All.Select(p => p.Format));

    public static IAgentPackager? Find(string format) => All.FirstOrDefault(p => p.Format == format);
}
