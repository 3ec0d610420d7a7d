using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.Interop.OwnAgents;

/// <summary>
/// A farm for the commands of a page, and the folder in which they are run. What a page cannot know (ports, keys, where this machine keeps its
/// state) is put in the place of the page's examples.
/// </summary>
internal sealed partial class PageFarm : IAsyncDisposable
{
    /// <summary>The page's words for what it cannot know.</summary>
    private const string NoKey = "quern_agent_…", NoPin = "BASE64 OF THE SHA-256 OF THE FARM'S PUBLIC KEY";

    private static readonly string[] s_places = ["build-1", "build-2:2222", "build-3"];

    private static readonly string[] s_hostKeys =
        ["SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8", "SHA256:0IMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJ", "SHA256:br9IjFspm1vxR3iA35FWE+4VTyz1hYVLIE2t1/CeyWQ"];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ScratchFolder _folder = new();

    /// <summary>What the page says, and what is so here.</summary>
    private readonly Dictionary<string, string> _here = [];

    private QuernMaster _master = null!;
    private HttpClient _client = null!;
    private readonly List<SshMachine> _machines = [];
    private RunningProgram? _agent;
    private string _configuration = "";
    private bool _joined;

    private PageFarm() { }

    private string Path => $"{_folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";

    public static async Task<PageFarm> StartAsync()
    {
        var farm = new PageFarm();
        var start = await QuernMaster.StartAsync(new MasterOptions
        {
            DataFolder = farm._folder["data"],
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            PayloadFolder = PublishedWorker.PayloadFolder,
            Configuration = FarmConfiguration.Empty,
            FirstPassword = "open sesame",
            FetchProgram = ["/bin/false"],
        }, TimeProvider.System, CancellationToken.None);
        farm._master = Assert.IsType<MasterStart.Running>(start).Master;
        farm._client = new HttpClient { BaseAddress = new Uri($"http://{farm._master.Http}") };
        farm._client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(farm._folder["data/token"])).Trim());
        Directory.CreateDirectory(farm._folder["here"]);
        Directory.CreateDirectory(farm._folder["bin"]);
        File.CreateSymbolicLink(farm._folder["here/quern-worker"], System.IO.Path.Combine(PublishedWorker.PayloadFolder, "linux-x64", "quern-worker"));
        await farm.MakeProgramAsync("quern", $"exec '{System.IO.Path.Combine(AppContext.BaseDirectory, "quern")}' \"$@\" --server 'http://{farm._master.Http}' --data '{farm._folder["data"]}'");
        await farm.MakeProgramAsync("quern-worker", $"exec '{System.IO.Path.Combine(AppContext.BaseDirectory, "quern-worker")}' \"$@\"");
        farm._here["0.0.0.0:8768"] = farm._here["0.0.0.0:9990"] = "127.0.0.1:0";
        farm._here["/var/lib/quern-agent"] = farm._folder["state"];
        await File.WriteAllTextAsync(farm._folder["here/builder-1.password"], "an old password\n");
        await farm.PutProgramOfAnotherPlatformAsync();
        for (int i = 0; i < s_places.Length; i++) await farm.AddMachineAsync(s_places[i], s_hostKeys[i]);
        return farm;
    }

    /// <summary>Runs a block, line by line, so that an agent that comes back is waited for; what it shows.</summary>
    public async Task<string> RunAsync(string block)
    {
        string shown = "";
        foreach (string line in block.Replace("|\n", "|", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (_joined) await UntilAsync(agents => agents.All(a => $"{a!["state"]}" is "revoked" || a["online"]!.GetValue<bool>()));
            string said = await ShellAsync(Here(line));
            if (!line.StartsWith("quern", StringComparison.Ordinal)) _here[NoPin] = said.Trim();
            if (Key().Match(said) is { Success: true } key) _here[NoKey] = key.Value;
            shown += said;
        }
        foreach (var (protocol, address) in _master.Listening) _here[protocol == "admin" ? "farm.example:8768" : "farm.example:9990"] = address;
        if (_here.TryGetValue("farm.example:8768", out string? door)) _here["127.0.0.1:8768"] = door;
        return shown;
    }

    /// <summary>Begins an agent, which goes on until the farm is disposed.</summary>
    public async Task BeginAsync(string block)
    {
        await File.WriteAllTextAsync(_folder["here/agent.json"], Here(_configuration));
        _agent = new RunningProgram("/bin/sh", ["-c", $"cd '{_folder["here"]}'; PATH='{Path}'; exec {Here(block)}"]);
        await UntilAsync(agents => agents.Any(a => a!["online"]!.GetValue<bool>()));
        _joined = true;
    }

    /// <summary>The agent's configuration as the page has it; the key, the addresses and the public key of this farm come into it.</summary>
    public void Configure(string body) => _configuration = body;

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null) await _agent.DisposeAsync();
        foreach (var machine in _machines) await machine.DisposeAsync();
        _client.Dispose();
        await _master.DisposeAsync();
        _folder.Dispose();
    }

    private string Here(string text) => _here.Aggregate(text, (now, pair) => now.Replace(pair.Key, pair.Value, StringComparison.Ordinal));

    private async Task AddMachineAsync(string place, string hostKey)
    {
        var machine = await SshMachine.StartAsync();
        _machines.Add(machine);
        _here[place] = $"127.0.0.1:{machine.Port}";
        _here[hostKey] = machine.HostKey;
        if (_machines.Count > 1) return;
        await File.WriteAllBytesAsync(_folder["here/id_ed25519"], machine.Key);
        await File.WriteAllTextAsync(_folder["here/build.password"], SshMachine.Password + "\n");
    }

    /// <summary>A program of which the farm looks at the headers alone: that of this machine, which says that it is for arm64.</summary>
    private async Task PutProgramOfAnotherPlatformAsync()
    {
        byte[] program = await File.ReadAllBytesAsync(System.IO.Path.Combine(PublishedWorker.PayloadFolder, "linux-x64", "quern-worker"));
        BinaryPrimitives.WriteUInt16LittleEndian(program.AsSpan(18), 183);   // e_machine: EM_AARCH64
        "/lib/ld-linux-aarch64.so.1\0\0"u8.CopyTo(program.AsSpan(program.AsSpan().IndexOf("/lib64/ld-linux-x86-64.so.2\0"u8)));
        Directory.CreateDirectory(_folder["data/agents/payloads/linux-arm64"]);
        await File.WriteAllBytesAsync(_folder["data/agents/payloads/linux-arm64/quern-worker"], program);
    }

    private async Task MakeProgramAsync(string name, string script)
    {
        await File.WriteAllTextAsync(_folder[$"bin/{name}"], $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(_folder[$"bin/{name}"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<string> ShellAsync(string line)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = _folder["here"], RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(line);
        start.Environment["PATH"] = Path;
        using var shell = Process.Start(start)!;
        await shell.StandardInput.WriteLineAsync("a password from standard input");
        shell.StandardInput.Close();
        var errors = shell.StandardError.ReadToEndAsync();
        string said = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        string all = $"{said}{await errors}";
        Assert.True(shell.ExitCode == 0, $"'{line}' ended with {shell.ExitCode}:\n{all}\nThe agent: {string.Join('\n', _agent?.Errors ?? [])}");
        return all;
    }

    private async Task UntilAsync(Func<JsonArray, bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var page = (await _client.GetFromJsonAsync<JsonObject>("/api/v1/agents", patience.Token))!;
            if (isSo(page["items"]!.AsArray())) return;
            await Task.Delay(Pause, TimeProvider.System, patience.Token);
        }
    }

    [GeneratedRegex("quern_agent_[A-Za-z0-9_-]+")]
    private static partial Regex Key();
}
