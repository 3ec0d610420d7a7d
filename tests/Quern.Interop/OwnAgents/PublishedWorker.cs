using System.Diagnostics;
using Quern.Testing;

namespace Quern.Interop.OwnAgents;

/// <summary>The program <c>quern-worker</c> as one file, as <c>./quern</c> publishes it for agents.</summary>
internal static class PublishedWorker
{
    private static readonly Lazy<string> Folder = new(Publish);

    /// <summary>A folder with <c>linux-x64/quern-worker</c>; publishing takes a minute the first time.</summary>
    public static string PayloadFolder => Folder.Value;

    private static string Publish()
    {
        string folder = Path.Combine(Repository.Root, "artifacts", "payloads-of-tests");
        var program = new FileInfo(Path.Combine(folder, "linux-x64", "quern-worker"));
        if (program.Exists && new DirectoryInfo(Path.Combine(Repository.Root, "src")).EnumerateFiles("*", SearchOption.AllDirectories).All(f => f.LastWriteTimeUtc < program.LastWriteTimeUtc))
            return folder;
        var start = new ProcessStartInfo("dotnet",
        [
            "publish", Path.Combine(Repository.Root, "src", "Quern.WorkerHost", "Quern.WorkerHost.csproj"), "-c", "Release", "-p:QuernWorkerSingle=true", "-p:RunAnalyzers=false",
            "-o", Path.Combine(folder, "linux-x64"), "-v", "quiet", "-nologo",
        ])
        { RedirectStandardOutput = true };
        using var publish = Process.Start(start)!;
        string said = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        return publish.ExitCode == 0 ? folder : throw new InvalidOperationException($"quern-worker could not be published:\n{said}");
    }
}
