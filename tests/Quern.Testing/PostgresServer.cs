using System.Diagnostics;
using System.Globalization;

namespace Quern.Testing;

/// <summary>
/// A real PostgreSQL of the test run's own, shared as an assembly fixture: started by the first test that asks, on a Unix socket in a temporary folder, as
/// an unprivileged user, and stopped with the run, also with one that is killed. That it is missing is a failure, never a skip.
/// </summary>
public sealed class PostgresServer : ITestDatabase, IAsyncDisposable
{
    // Runs the server, and stops it when standard input ends, which it does with the process that holds the other end, however that
    // ends. A signal at the parent's death would not do: it comes when the thread that started the server ends.
    private const string Guard = """
        exec 3<&0
        "$@" 3<&- & server=$!
        { cat <&3; kill -INT $server; } > /dev/null 2>&1 &
        wait $server
        code=$?
        rm -rf "$0"
        exit $code
        """;

    private readonly SemaphoreSlim _starting = new(1);
    private string? _folder;
    private Process? _server;
    private int _databases;

    /// <summary>The process that ends when the server has ended and its folder is gone; 0 before the first database.</summary>
    public int GuardId => _server?.Id ?? 0;

    /// <summary>Where everything of it lies; null before the first database.</summary>
    public string? Folder => _folder;

    /// <inheritdoc/>
    public async Task<string> NewDatabaseAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_server is null) await StartAsync();
            string name = $"test{++_databases}";
            await RunAsync(Path.Combine(ProgramFolder(), "createdb"), "-h", _folder!, "-U", "quern", name);
            return "postgres:" + ConnectionOf(name);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Nothing: all databases go with the server.</summary>
    public Task DropAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _starting.Dispose();
        if (_server is not null)
        {
            _server.StandardInput.Close();
            await _server.WaitForExitAsync();
            _server.Dispose();
        }
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private string ConnectionOf(string database) => $"Host={_folder};Username=quern;Database={database};Maximum Pool Size=20";

    private async Task StartAsync()
    {
        string programs = ProgramFolder();
        _folder = Directory.CreateTempSubdirectory("quern-pg-").FullName;
        string data = Path.Combine(_folder, "data");
        bool root = Environment.UserName == "root";
        if (root) await RunAsync("chown", "postgres", _folder);
        string[] drop = root ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        await RunAsync([.. drop, Path.Combine(programs, "initdb"), "-D", data, "-U", "quern", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);

        // fsync off: the tests kill clients, never the server, and the disk is shared with everything else that runs.
        string[] start =
        [
            .. drop, "/bin/sh", "-c", Guard, _folder, Path.Combine(programs, "postgres"), "-D", data, "-k", _folder, "-c", "listen_addresses=", "-c", "fsync=off",
            "-c", "max_connections=200",
        ];
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        var server = new Process { StartInfo = Command(start), EnableRaisingEvents = true };
        server.StartInfo.RedirectStandardInput = true;
        server.ErrorDataReceived += (_, line) =>
        {
            lock (said) said.Add(line.Data ?? "");
            if (line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) == true) ready.TrySetResult();
        };
        server.OutputDataReceived += (_, _) => { };
        server.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"PostgreSQL did not start: {string.Join('\n', said)}"));
        server.Start();
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        _server = server;
    }

    private static string ProgramFolder()
    {
        const string versions = "/usr/lib/postgresql";
        string? folder = !Directory.Exists(versions) ? null : Directory.GetDirectories(versions)
            .Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb")))
            .OrderDescending(StringComparer.Ordinal).FirstOrDefault();
        return folder ?? throw new InvalidOperationException(
            $"PostgreSQL is not installed (nothing under {versions}). These tests need it: apt-get install postgresql");
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(Command(command))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"'{string.Join(' ', command)}' ended with {process.ExitCode}: {await output}{await error}");
    }

    private static ProcessStartInfo Command(string[] command) => new(command[0], command[1..])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = "/",
    };
}
