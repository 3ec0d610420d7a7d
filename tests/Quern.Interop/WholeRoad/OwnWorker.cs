using System.Diagnostics;
using System.Net;

namespace Quern.Interop.WholeRoad;

/// <summary>The program <c>quern-worker</c> in a folder of its own.</summary>
internal sealed class OwnWorker : IAsyncDisposable
{
    private readonly Process _process;

    private OwnWorker(Process process) => _process = process;

    public static OwnWorker Start(IPEndPoint master, string name, string password, string folder)
    {
        Directory.CreateDirectory(folder);
        string passwordFile = Path.Combine(folder, "password");
        File.WriteAllText(passwordFile, password + "\n");
        string program = Path.Combine(AppContext.BaseDirectory, "quern-worker");
        var start = new ProcessStartInfo(program, ["--master", $"ws://{master}", "--name", name, "--password-file", passwordFile, "--dir", folder])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new OwnWorker(process);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
