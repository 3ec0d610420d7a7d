using System.Runtime.InteropServices;

namespace Quern.Packaging.Sources;

/// <summary>Limits that the kernel holds for this process and those it starts (setrlimit(2)).</summary>
internal static partial class ResourceLimits
{
    // Numbers of <asm-generic/resource.h>, the same on all Linux architectures that .NET runs on.
    private const int Cpu = 0, FileSize = 1, Core = 4, OpenFiles = 7, AddressSpace = 9;

    /// <summary>Lowers the limits; they cannot be raised again. A limit that is lower already stays.</summary>
    public static void Apply(FetchLimits limits)
    {
        // Indexes and partial files of apt need some room besides the source itself.
        Lower(FileSize, (ulong)Math.Max(limits.MaxBytes, 1L << 30) + (64UL << 20));
        Lower(Cpu, (ulong)limits.CpuSeconds);
        Lower(Core, 0);
        Lower(OpenFiles, 256);
        // The runtime reserves 256 GB of addresses unless its heap is limited, which the parent does by the environment.
        if (Environment.GetEnvironmentVariable("DOTNET_GCHeapHardLimit") is not null) Lower(AddressSpace, (ulong)limits.MemoryBytes);
    }

    private static void Lower(int resource, ulong value)
    {
        if (GetLimit(resource, out var now) != 0) return;
        value = Math.Min(value, now.Maximum);
        var wanted = new Limit { Current = Math.Min(value, now.Current), Maximum = value };
        if (SetLimit(resource, in wanted) != 0)
            throw new InvalidOperationException($"setrlimit({resource}) failed with error {Marshal.GetLastPInvokeError()}.");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current;
        public ulong Maximum;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int resource, in Limit limit);
}
