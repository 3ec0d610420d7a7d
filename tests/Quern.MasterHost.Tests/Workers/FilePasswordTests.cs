using Quern.MasterHost.Configuration;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Workers;

/// <summary>Passwords of the configuration file stand there and nowhere else.</summary>
public sealed class FilePasswordTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_let_workers_in_by_both_protocols_and_are_in_no_database()
    {
        await using var master = await MasterFixture.StartAsync(With("w1", "change-me"));
        var door = master.Get<WorkerDoor>();

        Assert.Equal((true, true), (await door.SendAsync("w1", "change-me"), await door.ProveAsync("w1", "change-me")));
        Assert.Equal((false, false), (await door.SendAsync("w1", "change"), await door.ProveAsync("w1", "change")));
        Assert.Equal((false, false), (await door.SendAsync("w2", "change-me"), await door.ProveAsync("w2", "change-me")));
        Assert.Equal([new WorkerAccount(new WorkerName("w1"), 2, default, true, "file")], await master.Master.Store.ListWorkersAsync(Cancellation));
    }

    [Fact]
    public async Task A_worker_that_the_file_takes_over_loses_what_was_stored_of_its_password()
    {
        await using var master = await MasterFixture.StartAsync();
        var brought = new WorkerAccount(new WorkerName("w1"), 1, Sha256Hash.Of("old"u8), true, "api") { PasswordMd5 = "x", PasswordHash = "y", SealedMd5 = "z" };
        await master.Master.Store.UpsertWorkerAsync(brought, Actor.Farm, Cancellation);

        await FileOwnership.ApplyAsync(With("w1", "change-me"), master.Master.Store, Cancellation);

        Assert.Equal([new WorkerAccount(new WorkerName("w1"), 2, default, true, "file")], await master.Master.Store.ListWorkersAsync(Cancellation));
        long last = master.Master.Store.LastSequence;
        await FileOwnership.ApplyAsync(With("w1", "another password"), master.Master.Store, Cancellation);
        Assert.Equal(last, master.Master.Store.LastSequence);
    }

    [Fact]
    public async Task A_worker_of_another_masters_file_is_refused_with_that_reason()
    {
        await using var master = await MasterFixture.StartAsync(With("w1", "change-me"));
        await master.Master.Store.UpsertWorkerAsync(new WorkerAccount(new WorkerName("w2"), 1, default, true, "file"), Actor.Farm, Cancellation);
        var door = master.Get<WorkerDoor>();
        await door.RefreshAsync(Cancellation);

        Assert.Equal((false, false, false), (await door.SendAsync("w2", "change-me"), await door.SendAsync("w2", ""), await door.ProveAsync("w2", "")));
        Assert.Contains("another master", await master.RefusalAsync("w2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_our_file_names_comes_in_though_another_master_has_switched_it_off_for_itself()
    {
        await using var master = await MasterFixture.StartAsync(With("w1", "change-me"));
        var door = master.Get<WorkerDoor>();

        await FileOwnership.ApplyAsync(With("other", "x"), master.Master.Store, Cancellation);
        await door.RefreshAsync(Cancellation);

        Assert.True(await door.SendAsync("w1", "change-me"));
        Assert.False(await door.SendAsync("other", "x"));
    }

    [Fact]
    public async Task A_worker_that_is_switched_off_or_an_agent_has_no_password()
    {
        await using var master = await MasterFixture.StartAsync(With("w1", "change-me"));
        var store = master.Master.Store;
        await store.UpsertWorkerAsync(new WorkerAccount(new WorkerName("off"), 1, Sha256Hash.Of("x"u8), false, "api"), Actor.Farm, Cancellation);
        await store.UpsertWorkerAsync(new WorkerAccount(new WorkerName("mill"), 1, default, true, "agent"), Actor.Farm, Cancellation);
        var door = master.Get<WorkerDoor>();
        await door.RefreshAsync(Cancellation);

        Assert.Equal((false, false, false), (await door.SendAsync("off", "x"), await door.SendAsync("mill", ""), await door.ProveAsync("mill", "")));
        Assert.Contains("disabled", await master.RefusalAsync("off"), StringComparison.Ordinal);
        Assert.Contains("certificate", await master.RefusalAsync("mill"), StringComparison.Ordinal);
        Assert.Contains("no worker of this name", await master.RefusalAsync("nobody"), StringComparison.Ordinal);
    }

    private static FarmConfiguration With(string name, string password) =>
        FarmConfiguration.Empty with { Workers = [new WorkerSetting(new WorkerName(name), password, 2, [])] };
}
