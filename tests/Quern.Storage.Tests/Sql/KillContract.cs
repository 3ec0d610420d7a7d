using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>A writing process is killed without warning; whatever it was answered must be there afterwards.</summary>
public abstract class KillContract(ITestDatabase database) : StoreContract(database)
{
    private const int Rounds = 8;

    [Fact]
    public async Task Every_answered_submission_survives_kill_9()
    {
        int seed = Environment.ProcessId;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);

        for (int round = 0; round < Rounds; round++)
        {
            var answered = await AnsweredBeforeKillAsync(random.Next(1, 400), early: false);

            Assert.NotEmpty(answered);
            Assert.True((await MissingAsync(answered)).Count == 0, $"seed {seed}, round {round}: answered submissions are missing");
        }
    }

    [Fact]
    public async Task A_store_that_answers_before_the_commit_is_found_out()
    {
        int missing = 0;
        for (int round = 0; round < Rounds && missing == 0; round++)
            missing = (await MissingAsync(await AnsweredBeforeKillAsync(1 + round, early: true))).Count;

        Assert.True(missing > 0, "The planted defect went unnoticed: this test cannot find what it is for.");
    }

    /// <summary>Kills a child after so many answers and returns all ids that it was answered.</summary>
    private async Task<List<JobId>> AnsweredBeforeKillAsync(int answers, bool early)
    {
        using var child = StoreChild.Start(Connection, int.MaxValue, early);
        var answered = new List<JobId>();
        try
        {
            while (await child.StandardOutput.ReadLineAsync(Cancellation) is { } line)
            {
                // A line cut by the kill is no answer.
                if (JobId.TryParse(line, out var id)) answered.Add(id);
                if (answered.Count == answers) child.Kill();
            }
        }
        finally
        {
            if (!child.HasExited) child.Kill();
            await child.WaitForExitAsync(CancellationToken.None);
        }
        return answered;
    }

    private async Task<List<JobId>> MissingAsync(List<JobId> answered)
    {
        await using var store = await FarmStore.OpenAsync(new StoreOptions { Connection = Connection }, TimeProvider.System, Cancellation);
        var missing = new List<JobId>();
        foreach (var id in answered)
            if (await store.FindJobAsync(id.ToString(), Cancellation) is null) missing.Add(id);
        return missing;
    }
}
