using System.Diagnostics;
using System.Security.Cryptography;

namespace Quern.Cli.Demo;

/// <summary>An unmodified <c>buildbot-worker</c> of this machine, started for the demo and ended with it.</summary>
internal sealed class StockWorker : IAsyncDisposable
{
    private const string Program = "/usr/bin/buildbot-worker";

    private readonly Process _process;

    private StockWorker(Process process) => _process = process;

    public static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Makes the worker's folder with the program's own command and starts it.</summary>
    public static async Task<StockWorker> StartAsync(string folder, int port, string name, string password, CancellationToken cancellationToken)
    {
        if (!File.Exists(Program))
            throw new CommandFailedException(ExitCode.Failed, $"{Program} is missing. Run: apt-get install buildbot-worker python3-autobahn python3-msgpack");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);   // an old password would stay in it
        using var create = Start(folder, "create-worker", "--protocol=msgpack_experimental_v7", "-q", folder, $"127.0.0.1:{port}", name, password);
        await create.WaitForExitAsync(cancellationToken);
        if (create.ExitCode != 0) throw new CommandFailedException(ExitCode.Failed, $"'buildbot-worker create-worker' ended with exit code {create.ExitCode}.");
        return new StockWorker(Start(folder, "start", "--nodaemon", folder));
    }

    public async ValueTask DisposeAsync()
    {
        // The master has asked it to shut down by now; a worker that will not is not waited for.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    private static Process Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            WorkingDirectory = Path.GetDirectoryName(folder)!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Python modules of other installations must not get into Debian's worker.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
        start.Environment["HOME"] = Path.GetDirectoryName(folder);
        start.Environment["LANG"] = "C.UTF-8";
        var process = Process.Start(start) ?? throw new CommandFailedException(ExitCode.Failed, $"{Program} could not be started.");
        process.StandardInput.Close();
        // What it says stands in its twistd.log; the pipes are only kept from filling.
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        return process;
    }
}
