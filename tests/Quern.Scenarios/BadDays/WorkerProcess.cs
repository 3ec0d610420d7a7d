using System.Diagnostics;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>A <c>quern-worker</c> in a process of its own. Disposing kills it.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    public const string Name = "w1";
    public const string Password = "throwaway";

    private readonly Process _process;

    private WorkerProcess(Process process) => _process = process;

    /// <summary>Joins a master that has the account <see cref="Name"/>; its folder is <c>worker</c>.</summary>
    public static WorkerProcess Start(ScratchFolder folder, int port) => StartIn(folder, $"ws://127.0.0.1:{port}", Name, "worker");

    /// <summary>Joins a master that has an account of this name with <see cref="Password"/>; its folder has the name too.</summary>
    public static WorkerProcess Start(ScratchFolder folder, string master, string name, params string[] more) => StartIn(folder, master, name, name, more);

    private static WorkerProcess StartIn(ScratchFolder folder, string master, string name, string directory, params string[] more)
    {
        File.WriteAllText(folder["password"], Password + "\n");
        var process = Process.Start(new ProcessStartInfo(Programs.Worker,
            ["--master", master, "--name", name, "--password-file", folder["password"], "--dir", folder[directory], .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new WorkerProcess(process);
    }

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(MasterProcess.Patience, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }
}
