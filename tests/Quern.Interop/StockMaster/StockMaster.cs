using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Quern.Interop.StockMaster;

/// <summary>
/// A real Buildbot master of the distribution in a scratch folder, with a clean environment and ports of its own, which speaks both
/// protocols. A change on a branch starts that branch's builders, one for each worker.
/// </summary>
internal sealed class StockMaster(params string[] workers) : IAsyncDisposable
{
    private const string Buildbot = "/usr/bin/buildbot";
    public const string BuildbotWorker = "/usr/bin/buildbot-worker", Python = "/usr/bin/python3";
    public const string Password = "throwaway-pw";

    private readonly int _changePort = FreePort();
    private Process? _process;

    public int PbPort { get; } = FreePort();

    public int MessagePackPort { get; } = FreePort();

    public string Root { get; } = Directory.CreateTempSubdirectory("quern-stock-master-").FullName;

    public int ProcessId => _process?.Id ?? 0;

    private string MasterFolder => Path.Combine(Root, "master");

    /// <summary>Fails with the name of the package when a program is not installed: a missing peer is no reason to pass.</summary>
    public static void Need(string program, string package) =>
        Assert.True(File.Exists(program), $"{program} is missing: apt-get install {package}");

    public static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, "StockMaster", file);

    public async Task StartAsync()
    {
        Need(Buildbot, "buildbot");
        Need("/usr/bin/git", "git");
        Need("/usr/bin/hg", "mercurial");
        Need("/usr/bin/svnadmin", "subversion");
        Need("/usr/bin/cvs", "cvs");
        Need("/usr/bin/bzr", "bzr");
        Need("/usr/bin/darcs", "darcs");
        await RunAsync(Buildbot, "create-master", "-q", "-r", MasterFolder);
        File.Copy(Beside("master.cfg"), Path.Combine(MasterFolder, "master.cfg"));
        await File.WriteAllTextAsync(
            Path.Combine(MasterFolder, "payload.bin"), string.Concat(Enumerable.Range(1, 5000).Select(i => $"{i:D7}\n")));
        // Two clones of one Mercurial repository at once say other things than one after the other.
        await RunAsync("/bin/sh", "-ec", MakeRepositories + string.Concat(workers.Select(w => $"\ncp -r hg hg-{w}")));
        _process = Start("/usr/bin/env", $"WORKERS={string.Join(' ', workers)}", Buildbot, "start", "--nodaemon", MasterFolder);
        await WaitForLogAsync("BuildMaster is running", 1);
    }

    /// <summary>Starts a branch's builders and waits until the master has called so many builds finished.</summary>
    public async Task BuildAsync(string branch, int builds)
    {
        int before = await BeginAsync(branch);
        await FinishedAsync(before + builds);
    }

    /// <summary>Starts a branch's builders; how many builds had finished before.</summary>
    public async Task<int> BeginAsync(string branch)
    {
        await WaitForLogAsync($"attached to {branch}-", workers.Length);
        int before = await CountAsync(" build finished");
        await RunAsync(
            Buildbot, "sendchange", $"--master=127.0.0.1:{_changePort}", "--auth=change:changepw", "--who=dev", $"--branch={branch}",
            "--comments=go", "file.c");
        return before;
    }

    /// <summary>Waits until the master has called so many builds finished.</summary>
    public Task FinishedAsync(int builds) => WaitForLogAsync(" build finished", builds);

    /// <summary>Version of the real programs, one a line.</summary>
    public async Task<string> VersionsAsync() =>
        (await RunAsync(Buildbot, "--version") + await RunAsync(BuildbotWorker, "--version")).TrimEnd();

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
        info.Environment["LOGNAME"] = "farm";
        info.Environment["PB_PORT"] = $"{PbPort}";
        info.Environment["MSGPACK_PORT"] = $"{MessagePackPort}";
        info.Environment["CHANGE_PORT"] = $"{_changePort}";
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } runtime) info.Environment["DOTNET_ROOT"] = runtime;
        var process = Process.Start(info)!;
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

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>The log is the only sign a stock master gives; it is looked at four times a second, for five minutes at most.</summary>
    private async Task WaitForLogAsync(string text, int times)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        int found = 0;
        for (int i = 0; i < 1200; i++)
        {
            await timer.WaitForNextTickAsync();
            found = await CountAsync(text);
            if (found >= times) return;
        }
        string log = await File.ReadAllTextAsync(Path.Combine(MasterFolder, "twistd.log"));
        Assert.Fail($"The master logged '{text}' {found} times and not {times}. Its log ends: {log[Math.Max(0, log.Length - 3000)..]}");
    }

    private async Task<int> CountAsync(string text)
    {
        string path = Path.Combine(MasterFolder, "twistd.log");
        if (!File.Exists(path)) return 0;
        string log = await File.ReadAllTextAsync(path);
        return log.AsSpan().Count(text);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // One file and one commit each; the branch is that of the change that starts the builds.
    private const string MakeRepositories =
        """
        mkdir repository && cd repository
        git init -q -b main && echo 'int main;' > file.c && git add . && git -c user.name=a -c user.email=a@b commit -qm one
        cd .. && hg init hg && cd hg
        hg branch -q main && echo 'int main;' > file.c && hg add -q file.c && hg commit -q -u a -m one
        cd ..
        svnadmin create svn && svn mkdir -q -m main file://$PWD/svn/main && svn import -q -m one repository/file.c file://$PWD/svn/main/file.c
        cvs -d $PWD/cvs init && mkdir module && cp repository/file.c module && cd module && cvs -Q -d $PWD/../cvs import -m one main vendor start
        cd .. && mkdir bzr && bzr init -q bzr/main && cp repository/file.c bzr/main && cd bzr/main && bzr add -q && BRZ_EMAIL=a@b bzr commit -q -m one
        cd ../.. && mkdir darcs && cp repository/file.c darcs && cd darcs && darcs init -q && darcs record -q -a -l -A a@b -m one
        cd ..
        """;
}
