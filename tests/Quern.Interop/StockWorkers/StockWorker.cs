using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Quern.Interop.StockWorkers;

/// <summary>An unmodified <c>buildbot-worker</c> of the distribution, or ours under its name, in a folder of its own. SIGHUP asks it to go.</summary>
internal sealed class StockWorker : IAsyncDisposable
{
    private const string Program = "/usr/bin/buildbot-worker";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quern-stock-");
    private string _program = Program;
    private Process? _process;

    public string BaseDirectory => Path.Combine(_folder.FullName, "worker");

    public int ProcessId => _process!.Id;

    /// <summary>The worker's own log, for messages of failing tests.</summary>
    public string Log => File.Exists(Path.Combine(BaseDirectory, "twistd.log"))
        ? File.ReadAllText(Path.Combine(BaseDirectory, "twistd.log"))
        : "";

    /// <summary>Makes the worker's folder and starts it.</summary>
    /// <param name="protocol">What it speaks.</param>
    /// <param name="master">Where to.</param>
    /// <param name="name">Its account.</param>
    /// <param name="password">Its password.</param>
    /// <param name="own">Whether our program runs in the place of the stock one.</param>
    /// <exception cref="InvalidOperationException">The program is not installed, or does not do what is asked.</exception>
    public static async Task<StockWorker> StartAsync(WireProtocol protocol, IPEndPoint master, string name, string password, bool own = false)
    {
        if (!File.Exists(Program))
            throw new InvalidOperationException(
                $"{Program} is missing: install the apt packages buildbot-worker, python3-autobahn and python3-msgpack.");
        var worker = new StockWorker();
        if (own)
        {
            worker._program = Path.Combine(worker._folder.FullName, "buildbot-worker");
            File.CreateSymbolicLink(worker._program, Path.Combine(AppContext.BaseDirectory, "quern-worker"));
        }
        using (Process create = worker.Run(
            "create-worker", protocol is WireProtocol.Perspective ? "--protocol=pb" : "--protocol=msgpack_experimental_v7", "-q", "--allow-shutdown=signal", worker.BaseDirectory, master.ToString(), name, password))
        {
            await create.WaitForExitAsync().WaitAsync(Farm.Patience);
            if (create.ExitCode != 0) throw new InvalidOperationException($"create-worker ended with {create.ExitCode}.");
        }

        worker._process = worker.Run("start", "--nodaemon", worker.BaseDirectory);
        return worker;
    }

    /// <summary>SIGKILL, as a machine that loses power.</summary>
    public void Kill() => _process!.Kill(entireProcessTree: true);

    /// <summary>SIGHUP: the administrator wants it to end when its builds have.</summary>
    public Task HangUpAsync() => SignalAsync("-HUP");

    /// <summary>The exit code when it ends by itself.</summary>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        await _process!.WaitForExitAsync().WaitAsync(patience);
        return _process.ExitCode;
    }

    /// <summary>Its event loop stands still (SIGSTOP), as when it packs something large.</summary>
    public Task StopAsync() => SignalAsync("-STOP");

    /// <summary>Its event loop goes on (SIGCONT).</summary>
    public Task ContinueAsync() => SignalAsync("-CONT");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0) throw new InvalidOperationException($"kill {signal} ended with {kill.ExitCode}.");
    }

    private Process Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(_program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["HOME"] = _folder.FullName;
        start.Environment["LANG"] = "C.UTF-8";
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } runtime) start.Environment["DOTNET_ROOT"] = runtime;
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
