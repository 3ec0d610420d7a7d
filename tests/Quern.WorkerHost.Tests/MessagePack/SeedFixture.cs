using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Quern.Execution;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>The whole worker, a scratch folder and a master of revision v1.</summary>
public abstract class SeedFixture : IAsyncLifetime
{
    /// <summary>Fills the buffer, so that what was said before is sent at once; the process ids are in the file <c>pid</c>.</summary>
    protected const string StartedThenWait = "echo started; echo $$ > pid; seq 1 20000; sleep 1000";

    private readonly CancellationTokenSource _stop = new();
    private readonly FolderClaim _folder;
    private readonly Channel<string> _log = Channel.CreateUnbounded<string>();   // as much as one test says

    protected SeedFixture() => _folder = FolderClaim.TryTake(Root, out string problem) ?? throw new IOException(problem);

    private protected SeedMaster Master { get; } = new();

    protected string Root { get; } = Directory.CreateTempSubdirectory("quern-v1-worker-").FullName;

    protected Task<int> Running { get; private set; } = Task.FromResult(0);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running.WaitAsync(SeedMaster.Patience);
        await Master.DisposeAsync();
        _stop.Dispose();
        _folder.Dispose();
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected void StartWorker(string password = SeedMaster.Password, Func<WorkerOptions, WorkerOptions>? adjust = null)
    {
        var options = Master.OptionsFor(Root);
        var worker = new Worker(adjust?.Invoke(options) ?? options, _folder, password, TimeProvider.System, text => _log.Writer.TryWrite(text));
        Running = Task.Run(() => worker.RunAsync(_stop.Token));
    }

    private protected async Task<SeedConversation> JoinAsync(Func<WorkerOptions, WorkerOptions>? adjust = null)
    {
        StartWorker(adjust: adjust);
        return await Master.AttachedAsync();
    }

    protected Task StopAsync() => _stop.CancelAsync();

    /// <summary>The next line of the log that has the text.</summary>
    protected async Task<string> LoggedAsync(string text)
    {
        using var patience = new CancellationTokenSource(SeedMaster.Patience);
        while (true)
        {
            string line = await _log.Reader.ReadAsync(patience.Token);
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        }
    }

    protected string InBuild(string name) => Path.Combine(Root, "b", "build", name);

    /// <summary>Ends when the shell whose id is in the file has ended; its parent is the worker, in this process.</summary>
    protected static async Task EndedAsync(string pidFile)
    {
        int id = int.Parse(await File.ReadAllTextAsync(pidFile), CultureInfo.InvariantCulture);
        try
        {
            using var shell = Process.GetProcessById(id);
            await shell.WaitForExitAsync().WaitAsync(SeedMaster.Patience);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }
}
