using System.Net;
using Quern.Admin.V1;

namespace Quern.Peers.Admin;

/// <summary>Between what the protocol and what the farm call systems and processors.</summary>
internal static class AgentWords
{
    private const int MaxText = 253;   // a host name

    public static AgentReport ReportOf(string uuid, RS_AgentMetadata metadata, IPAddress from) =>
        new(uuid, Line(metadata.Hostname), PlatformOf(metadata.Os, metadata.Arch), Line(metadata.AgentVersion), from);

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

    private static string Line(string text) => string.Concat(text.Where(c => !char.IsControl(c)).Take(MaxText)).Trim();
}
