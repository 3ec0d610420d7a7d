using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>Logins whose check has to wait for its turn, in both revisions.</summary>
public sealed class LoginLineTests
{
    private static readonly MessagePackOptions Both = new() { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] };

    [Theory, InlineData(BuildbotRevision.V7), InlineData(BuildbotRevision.V1)]
    public async Task A_worker_that_has_said_who_it_is_may_wait_longer_than_one_that_has_not(BuildbotRevision revision)
    {
        var time = new ManualTimeProvider();
        await using var farm = new TestFarm(Both, time);
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        farm.Gate.Line = turn.Task.WaitAsync;
        Task<IAsyncDisposable> attached = AttachAsync(farm, revision);
        await farm.Gate.Asked.Reader.ReadAsync().AsTask().WaitAsync(TestGate.Patience);

        time.Advance(Both.CheckDeadline - TimeSpan.FromSeconds(1));
        turn.SetResult();

        await using var worker = await attached.WaitAsync(TestGate.Patience);
        Assert.Equal("farmer", (await farm.Gate.NextLinkAsync()).Description.Name.Value);
        Assert.False(farm.Gate.Ends.Reader.TryRead(out _));
    }

    [Theory, InlineData(BuildbotRevision.V7), InlineData(BuildbotRevision.V1)]
    public async Task Nobody_waits_for_ever(BuildbotRevision revision)
    {
        var time = new ManualTimeProvider();
        await using var farm = new TestFarm(Both, time);
        farm.Gate.Line = new TaskCompletionSource().Task.WaitAsync;
        _ = AttachAsync(farm, revision).ContinueWith(t => t.Exception, TaskScheduler.Default);
        await farm.Gate.Asked.Reader.ReadAsync().AsTask().WaitAsync(TestGate.Patience);

        time.Advance(Both.CheckDeadline);

        Assert.Equal("the login was not checked within 60 s", await farm.Gate.NextEndAsync());
        Assert.False(farm.Gate.Refusals.Reader.TryRead(out _));
    }

    [Theory, InlineData(BuildbotRevision.V7), InlineData(BuildbotRevision.V1)]
    public async Task One_that_came_again_by_another_connection_is_no_refusal(BuildbotRevision revision)
    {
        await using var farm = new TestFarm(Both);
        farm.Gate.Line = _ => Task.FromCanceled(new CancellationToken(canceled: true));

        _ = AttachAsync(farm, revision).ContinueWith(t => t.Exception, TaskScheduler.Default);

        Assert.Equal("the same worker came again before its login was checked", await farm.Gate.NextEndAsync());
        Assert.False(farm.Gate.Refusals.Reader.TryRead(out _));
    }

    private static async Task<IAsyncDisposable> AttachAsync(TestFarm farm, BuildbotRevision revision) =>
        revision is BuildbotRevision.V1 ? await SeedWorker.AttachAsync(farm.EndPoint) : await ScriptedWorker.AttachAsync(farm.EndPoint);
}
