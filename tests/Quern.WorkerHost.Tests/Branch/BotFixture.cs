using System.Threading.Channels;
using Quern.Execution;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>The whole worker as a build bot, a scratch folder and a scripted master.</summary>
public abstract class BotFixture : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly FolderClaim _folder;
    private readonly Channel<string> _log = Channel.CreateUnbounded<string>();   // as much as one test says

    protected BotFixture() => _folder = FolderClaim.TryTake(Root, out string problem) ?? throw new IOException(problem);

    private protected ScriptedMaster Master { get; } = new();

    protected string Root { get; } = Directory.CreateTempSubdirectory("quern-bot-").FullName;

    protected Task<int> Running { get; private set; } = Task.FromResult(0);

    private protected static BotLimits Limits { get; } = new() { RatingRounds = 1000 };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Master.DisposeAsync();
        _stop.Dispose();
        _folder.Dispose();
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Running.WaitAsync(ScriptedMaster.Patience);
    }

    private protected void StartBot(string key = "default", BranchRevision? revision = null, BotLimits? limits = null, Func<WorkerOptions, WorkerOptions>? adjust = null)
    {
        var options = Master.OptionsFor(Root) with { Revision = revision, PrivateSources = true };
        var worker = new Worker(adjust?.Invoke(options) ?? options, _folder, key, TimeProvider.System, text => _log.Writer.TryWrite(text), limits ?? Limits);
        Running = Task.Run(() => worker.RunAsync(_stop.Token));
    }

    /// <summary>Waits for a line of the worker's log with these words.</summary>
    protected async Task<string> LoggedAsync(string words)
    {
        var seen = new List<string>();
        using var patience = new CancellationTokenSource(ScriptedMaster.Patience);
        try
        {
            while (true)
            {
                string line = await _log.Reader.ReadAsync(patience.Token);
                seen.Add(line);
                if (line.Contains(words, StringComparison.Ordinal)) return line;
            }
        }
        catch (OperationCanceledException)
        {
            throw new InvalidDataException($"The worker never said '{words}', but: {string.Join(" | ", seen)}");
        }
    }
}
