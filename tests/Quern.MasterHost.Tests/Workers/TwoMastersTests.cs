using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Testing;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Quern.MasterHost.Tests.Workers;

/// <summary>Two masters with data folders of their own on one PostgreSQL: what happens at one holds at the other.</summary>
public sealed class TwoMastersTests(PostgresServer server)
{
    private const string Password = "brought along";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_one_file_workers_of_it_come_in_at_both()
    {
        var configuration = await OnOneDatabaseAsync() with { Workers = [new WorkerSetting(new WorkerName("w1"), "change-me", 2, [])] };
        await using var first = await MasterFixture.StartAsync(configuration);
        long before = first.Master.Store.LastSequence;
        await using var second = await MasterFixture.StartAsync(configuration);

        foreach (var master in (MasterFixture[])[first, second])
            Assert.Equal((true, true, false), (
                await master.Get<WorkerDoor>().SendAsync("w1", "change-me"), await master.Get<WorkerDoor>().ProveAsync("w1", "change-me"),
                await master.Get<WorkerDoor>().SendAsync("w1", "guess")));
        Assert.DoesNotContain(await second.Master.Store.ReadJournalAsync(before, 1000, Cancellation), e => e.Kind == "worker.saved");
    }

    [Fact]
    public async Task With_two_files_each_lets_its_own_in_and_says_whose_the_others_are()
    {
        var configuration = await OnOneDatabaseAsync();
        await using var first = await MasterFixture.StartAsync(configuration with { Workers = [new WorkerSetting(new WorkerName("w1"), "one", 1, [])] });
        await using var second = await MasterFixture.StartAsync(configuration with { Workers = [new WorkerSetting(new WorkerName("w2"), "two", 1, [])] });
        await Logins.UntilAsync(() => Task.FromResult(first.Get<WorkerDoor>().IsAccount(new WorkerName("w2"))));

        Assert.Equal((true, false), (await first.Get<WorkerDoor>().SendAsync("w1", "one"), await first.Get<WorkerDoor>().SendAsync("w2", "two")));
        Assert.Equal((false, true), (await second.Get<WorkerDoor>().SendAsync("w1", "one"), await second.Get<WorkerDoor>().SendAsync("w2", "two")));
        Assert.Contains("another master", await first.RefusalAsync("w2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_was_brought_to_one_holds_at_the_other_until_it_is_changed()
    {
        var configuration = await OnOneDatabaseAsync();
        await using var first = await MasterFixture.StartAsync(configuration);
        await using var second = await MasterFixture.StartAsync(configuration);
        using var client = first.Client();
        var door = second.Get<WorkerDoor>();

        await SetAsync(client, new JsonObject { ["password"] = Password, ["slots"] = 3 });
        await Logins.UntilAsync(() => door.SendAsync("old", Password));
        Assert.Equal(3, second.Master.Pool.SlotPlaces(new WorkerName("old")).Length);
        using var changed = await client.PutAsJsonAsync("/api/v1/workers/old/slots", new JsonObject { ["slots"] = 5 }, Cancellation);
        Assert.True(changed.IsSuccessStatusCode);
        await Logins.UntilAsync(() => Task.FromResult(second.Master.Pool.SlotPlaces(new WorkerName("old")).Length == 5));
        // The keys that have sealed what Perspective Broker needs lie in the other's folder.
        Assert.Equal((true, false), (await first.Get<WorkerDoor>().ProveAsync("old", Password), await door.ProveAsync("old", Password)));
        Assert.Contains("'keys'", await second.RefusalAsync("old"), StringComparison.Ordinal);

        await SetAsync(client, new JsonObject { ["password"] = "another", ["rotate"] = true });
        await Logins.UntilAsync(async () => !await door.SendAsync("old", Password));
        Assert.True(await door.SendAsync("old", "another"));
    }

    [Fact]
    public async Task Banner_and_maintenance_of_one_hold_at_the_other()
    {
        var configuration = await OnOneDatabaseAsync();
        await using var first = await MasterFixture.StartAsync(configuration);
        await using var second = await MasterFixture.StartAsync(configuration);
        using var client = first.Client();
        using var other = second.Client();
        using var made = await client.PostAsJsonAsync(
            "/api/v1/users", new JsonObject { ["name"] = "noor", ["password"] = "violet tractor 9", ["roles"] = new JsonArray("operator"), ["must_change_password"] = false }, Cancellation);
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(HttpStatusCode.OK, await LoginAsync(other));

        await PutBannerAsync(client, new JsonObject { ["message"] = "Back at noon", ["maintenance"] = true });
        await Logins.UntilAsync(async () => (await BannerAsync(other))["maintenance"]!.GetValue<bool>());
        Assert.Equal("Back at noon", (await BannerAsync(other))["message"]!.ToString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await LoginAsync(other));

        await PutBannerAsync(other, new JsonObject { ["message"] = "", ["maintenance"] = false });
        await Logins.UntilAsync(async () => !(await BannerAsync(client))["maintenance"]!.GetValue<bool>());
        Assert.Equal((HttpStatusCode.OK, ""), (await LoginAsync(client), (await BannerAsync(client))["message"]!.ToString()));
    }

    private static async Task<HttpStatusCode> LoginAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "noor", ["password"] = "violet tractor 9" }, Cancellation);
        return answer.StatusCode;
    }

    private static async Task<JsonObject> BannerAsync(HttpClient client) => (await client.GetFromJsonAsync<JsonObject>("/api/v1/banner", Cancellation))!;

    private static async Task PutBannerAsync(HttpClient client, JsonObject body)
    {
        using var answer = await client.PutAsJsonAsync("/api/v1/banner", body, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task SetAsync(HttpClient client, JsonObject body)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/workers/old/credential", body, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<FarmConfiguration> OnOneDatabaseAsync() => MasterFixture.ReleaseOnly with { Store = await server.NewDatabaseAsync() };
}
