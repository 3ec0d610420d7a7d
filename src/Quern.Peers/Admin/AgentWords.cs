using System.Net;
using Google.Protobuf.Reflection;
using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Between what the protocol and what the farm call systems and processors.</summary>
internal static class AgentWords
{
    private const int MaxText = 253;   // a host name
    private const int MaxPath = 1024;
    private const string OsPrefix = "OS_", ArchPrefix = "ARCH_";

    public static AgentReport ReportOf(string uuid, RS_AgentMetadata metadata, IPAddress from) =>
        new(uuid, Line(metadata.Hostname), PlatformOf(metadata.Os, metadata.Arch), Line(metadata.AgentVersion), from)
        {
            Os = WordOf(nameof(OsType), OsPrefix, (int)metadata.Os),
            Processor = WordOf(nameof(ArchType), ArchPrefix, (int)metadata.Arch),
            InstallFolder = Line(metadata.InstallDirectory, MaxPath),
            BootAgent = metadata.BootAgentDetected,
        };

    /// <summary>As an agent said it, else as its platform is called.</summary>
    public static (OsType Os, ArchType Arch) Of(AgentFacts agent)
    {
        var (os, arch) = Of(agent.Platform);
        return (agent.Os.Length > 0 ? (OsType)NumberOf(nameof(OsType), OsPrefix, agent.Os) : os,
            agent.Processor.Length > 0 ? (ArchType)NumberOf(nameof(ArchType), ArchPrefix, agent.Processor) : arch);
    }

    /// <summary>Empty for one that Quern does not run on.</summary>
    public static string PlatformOf(OsType os, ArchType arch)
    {
        string processor = arch switch
        {
            ArchType.ArchX86 => "x86",
            ArchType.ArchX8664 => "x64",
            ArchType.ArchArm => "arm",
            ArchType.ArchAarch64 => "arm64",
            ArchType.ArchRiscv64 => "riscv64",
            ArchType.ArchS390X => "s390x",
            _ => "",
        };
        return os == OsType.OsLinux && processor.Length > 0 ? $"linux-{processor}" : "";
    }

    public static (OsType Os, ArchType Arch) Of(string platform)
    {
        string[] parts = platform.Split('-');
        if (parts is not ["linux", ..]) return (OsType.OsUnknown, ArchType.ArchUnknown);
        return (OsType.OsLinux, parts[^1] switch
        {
            "x86" => ArchType.ArchX86,
            "x64" => ArchType.ArchX8664,
            "arm" => ArchType.ArchArm,
            "arm64" => ArchType.ArchAarch64,
            "riscv64" => ArchType.ArchRiscv64,
            "s390x" => ArchType.ArchS390X,
            _ => ArchType.ArchUnknown,
        });
    }

    /// <summary>One of the schema's words in lower case; empty for the unknown, and for a number that it does not have.</summary>
    private static string WordOf(string name, string prefix, int number) =>
        number != 0 && AdminReflection.Descriptor.FindTypeByName<EnumDescriptor>(name).FindValueByNumber(number) is { } value ? value.Name[prefix.Length..].ToLowerInvariant() : "";

    private static int NumberOf(string name, string prefix, string word) =>
        AdminReflection.Descriptor.FindTypeByName<EnumDescriptor>(name).FindValueByName(prefix + word.ToUpperInvariant())?.Number ?? 0;

    // Halves of a character that stands outside the basic plane could be parted here, and no database takes one.
    private static string Line(string text, int most = MaxText) => string.Concat(text.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(most)).Trim();
}
