using System.Collections.Immutable;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>What every test of the store needs. The classes that derive from it hold tests; each runs on both databases.</summary>
public abstract class StoreContract(ITestDatabase database) : IAsyncLifetime
{
    private protected static readonly Actor Someone = new("user:someone");
    private protected static readonly WorkerName Worker = new("w1");

    private readonly List<FarmStore> _opened = [];
    private string? _connection;

    private protected ManualTime Time { get; } = new();

    private protected FarmStore Store { get; private set; } = null!;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected string Connection => _connection!;

    public async ValueTask InitializeAsync()
    {
        _connection = await database.NewDatabaseAsync();
        Store = await OpenAsync(new StoreOptions { Connection = _connection });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened)
            await store.DisposeAsync();
        await database.DropAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<FarmStore> OpenAsync(StoreOptions options)
    {
        var store = await FarmStore.OpenAsync(options, Time, Cancellation);
        _opened.Add(store);
        return store;
    }

    private protected NewJob Job(string title, params JobId[] needs) => new()
    {
        Id = JobId.Create(Time.GetUtcNow()),
        Title = title,
        Plan = TestPlan,
        Needs = [.. needs],
    };

    private protected static Plan TestPlan { get; } =
        new([new PlanStep("build", new RemoteCommand.Shell { Command = ["true"], Timeout = TimeSpan.FromSeconds(5) }) { Always = true }]);

    private protected async Task<SubmitResult.Accepted> SubmitAsync(params NewJob[] jobs) =>
        Assert.IsType<SubmitResult.Accepted>(await Store.SubmitAsync(new Submission([.. jobs]), Someone, Cancellation));

    private protected Claim ClaimOf(JobId job, string place = "p1", string node = "n1", WorkerName? worker = null) =>
        new(job, worker ?? Worker, place, node, Time.GetUtcNow() + TimeSpan.FromMinutes(1));

    private protected async Task<ClaimedJob> ClaimAsync(JobId job) =>
        Assert.Single(await Store.ClaimAsync([ClaimOf(job)], Cancellation));

    private protected async Task<CompleteResult> FinishAsync(JobId job, BuildOutcome? outcome = null)
    {
        var claimed = await ClaimAsync(job);
        return await Store.CompleteAsync(job, claimed.Attempt, outcome ?? new BuildOutcome.Succeeded([]), new JobLogFacts(3, 40), Someone, Cancellation);
    }

    private protected async Task<JobRow> RowAsync(JobId job)
    {
        var row = await Store.FindJobAsync(job.ToString(), Cancellation);
        Assert.NotNull(row);
        return row;
    }

    private protected async Task<JobState> StateAsync(JobId job) => (await RowAsync(job)).State;

    private protected async Task<ImmutableArray<string>> KindsAsync(long after = 0) =>
        [.. (await Store.ReadJournalAsync(after, 10_000, Cancellation)).Select(e => e.Kind)];

    private protected static Recipe RecipeOf(string name, string realVersion = "1") =>
        new() { Name = new PackageName(name), Version = "1.2.3", RealVersion = realVersion, BuildScript = ["make"] };

    private protected static Sha256Hash HashOf(string text) => Sha256Hash.Of(System.Text.Encoding.UTF8.GetBytes(text));
}
