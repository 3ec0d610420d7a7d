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

    /// <summary>
    /// Why a word names no architecture, in one sentence; null when it may name one. The set is open, since a worker may run on
    /// anything; but other programs' words for common machines would wait for a worker for ever.
    /// </summary>
    public static string? Problem(string word)
    {
        if (word.Length is 0 or > 32 || !word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            return "An architecture is 1 to 32 letters, digits and underscores, as 'uname -m' prints it.";
        string? proper = word switch
        {
            "amd64" or "x64" or "AMD64" or "X64" => "x86_64",
            "arm64" or "ARM64" => "aarch64",
            "armhf" or "armel" => "armv7l",
            "i386" or "x86" or "X86" => "i686",
            "ppc64el" => "ppc64le",
            "loong64" => "loongarch64",
            _ => null,
        };
        return proper is null ? null : $"'{word}' is not an architecture as 'uname -m' prints it. Did you mean '{proper}'?";
    }
}
