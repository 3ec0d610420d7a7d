using Quern.Execution;

namespace Quern.WorkerHost.Tests.Perspective;

/// <summary>A worker in this process at a fake master; both are ended with the test, and the folder goes.</summary>
public abstract class PerspectiveFixture : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();

    private protected PerspectiveFixture()
    {
        Base = Directory.CreateDirectory(Path.Combine(Root, "worker")).FullName;
        Folder = FolderClaim.TryTake(Base, out string problem) ?? throw new IOException(problem);
    }

    /// <summary>The test's own folder.</summary>
    private protected string Root { get; } = Directory.CreateTempSubdirectory("quern-pb-").FullName;

    /// <summary>The worker's in it.</summary>
    private protected string Base { get; }

    private protected FolderClaim Folder { get; }

    private protected FakeMaster Master { get; } = new();

    /// <summary>Ends with the worker, with its exit code.</summary>
    private protected Task<int> Running { get; private set; } = Task.FromResult(0);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Running.WaitAsync(FakeMaster.Patience);
        await Master.DisposeAsync();
        _stop.Dispose();
        Folder.Dispose();
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops the worker, as a signal does.</summary>
    private protected Task StopAsync() => _stop.CancelAsync();

    private protected void Run(Worker worker) => Running = Task.Run(() => worker.RunAsync(_stop.Token));
}
