using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace Quern.Scenarios.BadDays;

/// <summary>A master in a process of its own, to be killed. Disposing kills it.</summary>
internal sealed class MasterProcess : IAsyncDisposable
{
    /// <summary>Longer than anything takes on a busy machine; a test that needs it has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _data;

    private MasterProcess(ProcessStartInfo start, string data)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _data = data;
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, e) => { if (e.Data is not null) _errors.Enqueue(e.Data); };
        _process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is null) _ready.TrySetResult(null);
            else _output.Enqueue(e.Data);
            if (e.Data?.StartsWith("ready ", StringComparison.Ordinal) == true) _ready.TrySetResult(new Uri(e.Data["ready ".Length..]));
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; private set; } = null!;

    public int Id => _process.Id;

    public string Errors => string.Join('\n', _errors);

    /// <summary>The port of the first listener for workers that speak MessagePack.</summary>
    public int WorkerPort => PortOf("buildbot-msgpack");

    /// <summary>The port of the first listener of a protocol.</summary>
    public int PortOf(string protocol) => int.Parse(_output.First(l => l.StartsWith($"listening {protocol} ", StringComparison.Ordinal)).Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Starts <c>quern up</c> on a data folder, or a program with its first words before it, and waits until it is ready.</summary>
    /// <param name="seenFrom">Where the data folder is seen from here, when it is mounted elsewhere; {0} is the process.</param>
    public static async Task<MasterProcess> StartAsync(string data, string[] command, string? seenFrom = null)
    {
        var master = new MasterProcess(new ProcessStartInfo(command[0], command[1..]), data);
        if (await master._ready.Task.WaitAsync(Patience, TimeProvider.System) is not { } address)
        {
            await master._process.WaitForExitAsync();
            string errors = master.Errors;
            await master.DisposeAsync();
            throw new InvalidOperationException($"The master did not start: {errors}");
        }
        master.Address = address;
        if (seenFrom is not null) master.DataSeen = seenFrom.Replace("{0}", master.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return master;
    }

    public string DataSeen
    {
        get => field ?? _data;
        private set;
    }

    /// <summary>The words of <c>quern up</c> with HTTP on a free port.</summary>
    public static string[] Up(string data, params string[] more) => [Programs.Quern, "up", "--data", data, "--http", "127.0.0.1:0", .. more];

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>A client with the owner's token.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = Address, Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(DataSeen, "token")).Trim());
        return client;
    }

    /// <summary>SIGTERM, as a service manager does; answers the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await RunAsync("kill", "-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await _process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL, without any warning.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
