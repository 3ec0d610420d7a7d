using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Quern.Agents;

/// <summary>A kind of machine that agents are made for.</summary>
/// <param name="Rid">As .NET calls it, for instance <c>linux-x64</c>.</param>
/// <param name="ElfMachine">The machine in a program's ELF header.</param>
/// <param name="ElfBits">32 or 64.</param>
/// <param name="Loader">The dynamic loader that programs of it name: it tells glibc from musl.</param>
/// <param name="Debian">What <c>dpkg --print-architecture</c> says; empty where there is no Debian.</param>
/// <param name="Rpm">What <c>rpm</c> calls it; empty where there are no such packages.</param>
/// <param name="Oci">What images call it.</param>
/// <param name="Uname">What <c>uname -m</c> says.</param>
public sealed record AgentPlatform(
    string Rid, ushort ElfMachine, int ElfBits, string Loader, string Debian, string Rpm, string Oci, ImmutableArray<string> Uname)
{
    private const ushort X64 = 62, Arm64 = 183, Arm = 40;   // EM_X86_64, EM_AARCH64, EM_ARM

    /// <summary>Those that .NET publishes self-contained programs for.</summary>
    public static ImmutableArray<AgentPlatform> All { get; } =
    [
        new("linux-x64", X64, 64, "/lib64/ld-linux-x86-64.so.2", "amd64", "x86_64", "amd64", ["x86_64"]),
        new("linux-arm64", Arm64, 64, "/lib/ld-linux-aarch64.so.1", "arm64", "aarch64", "arm64", ["aarch64"]),
        new("linux-arm", Arm, 32, "/lib/ld-linux-armhf.so.3", "armhf", "armv7hl", "arm", ["armv7l", "armv8l"]),
        new("linux-musl-x64", X64, 64, "/lib/ld-musl-x86_64.so.1", "", "", "amd64", ["x86_64"]),
        new("linux-musl-arm64", Arm64, 64, "/lib/ld-musl-aarch64.so.1", "", "", "arm64", ["aarch64"]),
    ];

    /// <summary>That of the machine this program runs on; null when agents cannot be made for it.</summary>
    public static AgentPlatform? Here { get; } = Find(
        $"linux-{(RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "musl-" : "")}{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");

    public bool IsMusl => Rid.StartsWith("linux-musl-", StringComparison.Ordinal);

    public static AgentPlatform? Find(string rid) => All.FirstOrDefault(p => p.Rid == rid);

    public override string ToString() => Rid;
}
