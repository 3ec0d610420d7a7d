using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Turns what a worker says of itself into the farm's words.</summary>
internal static class WorkerDescriptions
{
    public static WorkerDescription Of(WorkerName name, WorkerInfo info, string protocol) => new()
    {
        Name = name,
        Protocol = protocol,
        Version = info.Version,
        BaseDirectory = info.BaseDirectory,
        CpuCount = info.CpuCount,
        Architecture = info.Architecture,
        OperatingSystem = info.OperatingSystem.GetValueOrDefault("pretty_name")
            ?? $"{info.OperatingSystem.GetValueOrDefault("name")} {info.OperatingSystem.GetValueOrDefault("version")}".Trim(),
        Platform = info.Platform,
        Program = Sha256Hash.TryParse(info.Program, out var program) ? program : null,
        Commands = [.. info.Commands.Keys],
        Admin = info.Admin,
        Host = info.Host,
    };
}
