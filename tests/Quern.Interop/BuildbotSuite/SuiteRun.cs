using System.Diagnostics;
using System.Globalization;
using Quern.Testing;

namespace Quern.Interop.BuildbotSuite;

/// <summary>One run of some modules of Buildbot's suite, in a folder of its own.</summary>
internal sealed class SuiteRun : IAsyncDisposable
{
    private const string SourceVariable = "QUERN_BUILDBOT_SUITE";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly ScratchFolder _folder = new();
    private Process? _process;

    /// <param name="Cases">Each case with its word: <c>ok</c>, <c>failed</c> or <c>skipped</c>; the worst where it has several.</param>
    /// <param name="Started">How often our worker was started.</param>
    /// <param name="ExitCode">Of the suite.</param>
    /// <param name="Output">The end of what it wrote.</param>
    public sealed record Ended(SortedDictionary<string, string> Cases, int Started, int ExitCode, string Output);

    public async Task<Ended> RunAsync(string protocol, params string[] modules)
    {
        string source = Environment.GetEnvironmentVariable(SourceVariable) ?? "";
        Assert.True(
            source.Length > 0, $"Buildbot's own test cases are in no package: set {SourceVariable} to the folder 'master' of its source at v3.7.0 (docs/interop.md).");
        Assert.True(File.Exists(Path.Combine(source, "buildbot", "test", "integration", "interop", "test_transfer.py")), $"{SourceVariable}: '{source}' does not have them");
        StockMaster.StockMaster.Need("/usr/bin/buildbot", "buildbot");   // for the libraries that the suite needs

        _process = Start(source, protocol, modules);
        var output = _process.StandardOutput.ReadToEndAsync();
        var errors = _process.StandardError.ReadToEndAsync();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TimeProvider.System);
        string said = await output + await errors;
        return new Ended(CasesIn(said), Calls().Count(c => c.Words.StartsWith("start ", StringComparison.Ordinal)), _process.ExitCode, said[Math.Max(0, said.Length - 8000)..]);
    }

    /// <summary>Ends what a run that failed has left, too.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        foreach (var (id, _) in Calls())
        {
            string commandLine = $"/proc/{id}/cmdline";
            if (!File.Exists(commandLine) || !(await File.ReadAllTextAsync(commandLine)).Contains(_folder.Path, StringComparison.Ordinal)) continue;
            using var worker = Process.GetProcessById(id);
            worker.Kill(entireProcessTree: true);
            await worker.WaitForExitAsync();
        }
        _folder.Dispose();
    }

    private Process Start(string source, string protocol, string[] modules)
    {
        var info = new ProcessStartInfo(
            "/usr/bin/python3",
            [
                Path.Combine(AppContext.BaseDirectory, "BuildbotSuite", "run-suite.py"), source, protocol,
                .. modules.Select(m => $"buildbot.test.integration.{m}"),
            ])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/bin:/bin";
        info.Environment["HOME"] = _folder.Path;
        info.Environment["LANG"] = "C.UTF-8";
        info.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        info.Environment["SANDBOXED_WORKER_PATH"] = MakeWorker();
        return Process.Start(info)!;
    }

    /// <summary>
    /// What the suite takes for the <c>buildbot-worker</c> to be tried. It notes each call with the process that becomes our program. The
    /// suite starts it with nothing in its environment; what our runtime needs of one is put back.
    /// </summary>
    private string MakeWorker()
    {
        string path = _folder["buildbot-worker"];
        string runtime = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } root ? $"DOTNET_ROOT='{root}'; export DOTNET_ROOT\n" : "";
        File.WriteAllText(path, $"#!/bin/sh\necho \"$$ $*\" >> '{_folder["calls"]}'\n{runtime}exec '{Path.Combine(AppContext.BaseDirectory, "quern-worker")}' \"$@\"\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private IEnumerable<(int Id, string Words)> Calls()
    {
        if (!File.Exists(_folder["calls"])) yield break;
        foreach (string line in File.ReadLines(_folder["calls"]))
        {
            string[] parts = line.Split(' ', 2);
            yield return (int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]);
        }
    }

    private static SortedDictionary<string, string> CasesIn(string output)
    {
        var cases = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in output.Split('\n'))
        {
            if (line.Split('\t') is not ["CASE", var word, var name]) continue;
            if (!cases.TryGetValue(name, out string? before) || before == "ok") cases[name] = word;
        }
        return cases;
    }
}
