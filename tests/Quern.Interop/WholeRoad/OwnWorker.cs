using System.Diagnostics;
using System.Net;
using System.Text;

namespace Quern.Interop.WholeRoad;

/// <summary>The program <c>quern-worker</c> in a folder of its own.</summary>
internal sealed class OwnWorker : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();   // guarded by itself

    private OwnWorker(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <summary>What it has written for people so far.</summary>
    public string Log
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <param name="master">Its listener.</param>
    /// <param name="name">The account.</param>
    /// <param name="password">Its password.</param>
    /// <param name="folder">Made when missing.</param>
    /// <param name="scheme">What the listener speaks: <c>ws</c> or <c>pb</c>.</param>
    /// <param name="more">Further options.</param>
    public static OwnWorker Start(IPEndPoint master, string name, string password, string folder, string scheme = "ws", params string[] more) =>
        Start(["quern-worker"], master, name, password, folder, scheme, more);

    /// <summary>The same as <c>quern worker</c>.</summary>
    public static OwnWorker StartAsQuern(IPEndPoint master, string name, string password, string folder, string scheme, params string[] more) =>
        Start(["quern", "worker"], master, name, password, folder, scheme, more);

    private static OwnWorker Start(string[] command, IPEndPoint master, string name, string password, string folder, string scheme, string[] more)
    {
        Directory.CreateDirectory(folder);
        string passwordFile = Path.Combine(folder, "password");
        File.WriteAllText(passwordFile, password + "\n");
        string program = Path.Combine(AppContext.BaseDirectory, command[0]);
        var start = new ProcessStartInfo(program, [.. command[1..], "--master", $"{scheme}://{master}", "--name", name, "--password-file", passwordFile, "--dir", folder, .. more])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        var worker = new OwnWorker(process);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => worker.Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return worker;
    }

    /// <summary>The exit code when it ends by itself.</summary>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience, TimeProvider.System);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, as a service manager does.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>SIGKILL, as the kernel does when there is no memory left. Its commands are its own affair.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (_said) _said.Append(line).Append('\n');
    }
}
