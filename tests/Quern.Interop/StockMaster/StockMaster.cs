using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Quern.Interop.StockMaster;

/// <summary>
/// A real Buildbot master of the distribution in a scratch folder, with a clean environment and ports of its own. It runs
/// one build on whatever worker joins it.
/// </summary>
internal sealed class StockMaster : IAsyncDisposable
{
    private const string Buildbot = "/usr/bin/buildbot";
    public const string Python = "/usr/bin/python3";
    public const string WorkerName = "farmer", Password = "throwaway-pw";

    private readonly int _changePort = FreePort();
    private Process? _process;

    public int Port { get; } = FreePort();

    public string Root { get; } = Directory.CreateTempSubdirectory("quern-stock-master-").FullName;

    private string MasterFolder => Path.Combine(Root, "master");

    /// <summary>Fails with the name of the package when a program is not installed: a missing peer is no reason to pass.</summary>
    public static void Need(string program, string package) =>
        Assert.True(File.Exists(program), $"{program} is missing: apt-get install {package}");

    public async Task StartAsync(string configuration)
    {
        Need(Buildbot, "buildbot");
        await RunAsync(Buildbot, "create-master", "-q", "-r", MasterFolder);
        File.Copy(configuration, Path.Combine(MasterFolder, "master.cfg"));
        _process = Start(Buildbot, "start", "--nodaemon", MasterFolder);
        await WaitForLogAsync("BuildMaster is running");
    }

    /// <summary>Starts the build and waits until the master calls it finished.</summary>
    public async Task BuildAsync()
    {
        await WaitForLogAsync("attached to b");
        await RunAsync(
            Buildbot, "sendchange", $"--master=127.0.0.1:{_changePort}", "--auth=change:changepw", "--who=dev", "--branch=main", "--comments=go", "f.c");
        await WaitForLogAsync(" build finished");
    }

    /// <summary>Each step: name, result, and its logs as the master stored them.</summary>
    public Task<string> StepsAsync(string reader) => RunAsync(Python, reader, Path.Combine(MasterFolder, "state.sqlite"));

    public Process Start(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/bin:/bin";
        info.Environment["HOME"] = Root;
        info.Environment["LANG"] = "C.UTF-8";
        info.Environment["MSGPACK_PORT"] = $"{Port}";
        info.Environment["CHANGE_PORT"] = $"{_changePort}";
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } runtime) info.Environment["DOTNET_ROOT"] = runtime;
        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} ended with {process.ExitCode}: {output}");
        return output;
    }

    public static async Task StopAsync(Process process)
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await StopAsync(_process);
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>The log is the only sign a stock master gives; it is looked at four times a second, for two minutes at most.</summary>
    private async Task WaitForLogAsync(string text)
    {
        string path = Path.Combine(MasterFolder, "twistd.log");
        string log = "";
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (int i = 0; i < 480; i++)
        {
            await timer.WaitForNextTickAsync();
            if (!File.Exists(path)) continue;
            log = await File.ReadAllTextAsync(path);
            if (log.Contains(text, StringComparison.Ordinal)) return;
        }
        Assert.Fail($"The master never logged '{text}'. Its log ends: {log[Math.Max(0, log.Length - 2000)..]}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
