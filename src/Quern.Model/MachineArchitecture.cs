using System.Runtime.InteropServices;

namespace Quern.Model;

/// <summary>Architecture names as <c>uname -m</c> prints them.</summary>
public static class MachineArchitecture
{
    /// <summary>This machine's.</summary>
    public static string Here { get; } = RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "x86_64",
        Architecture.X86 => "i686",
        Architecture.Arm64 => "aarch64",
        Architecture.Arm => "armv7l",
        Architecture.S390x => "s390x",
        Architecture.Ppc64le => "ppc64le",
        Architecture.RiscV64 => "riscv64",
        Architecture.LoongArch64 => "loongarch64",
        var other => other.ToString().ToLowerInvariant(),
    };
}
