using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Quern.MasterHost.Access;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Workers;

/// <summary>Passwords that machines have already, brought over HTTP.</summary>
public sealed class BroughtPasswordTests
{
    private const string Password = "käse:brot 1998";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_keeps_the_password_that_it_has_in_both_protocols()
    {
        await using var master = await MasterFixture.StartAsync();
        using var client = master.Client();
        var door = master.Get<WorkerDoor>();

        var (status, answer) = await PutAsync(client, "old", new JsonObject { ["password"] = Password, ["slots"] = 3 });

        Assert.Equal((HttpStatusCode.OK, "old", null), (status, answer["name"]!.ToString(), answer["password"]));
        Assert.True(await door.SendAsync("old", Password));
        Assert.True(await door.SendAsync("old", Password));
        Assert.True(await door.ProveAsync("old", Password));
        Assert.False(await door.SendAsync("old", "kase:brot 1998"));
        Assert.False(await door.ProveAsync("old", "kase:brot 1998"));
        Assert.False(await door.SendAsync("young", Password));
        Assert.False(await door.ProveAsync("young", Password));
        Assert.Contains("wrong password", await master.RefusalAsync("old"), StringComparison.Ordinal);
        Assert.Equal(3, (await AccountAsync(master, "old")).Slots);
    }

    [Fact]
    public async Task Nothing_in_the_database_or_the_journal_is_of_use_to_who_guesses_fast()
    {
        await using var master = await MasterFixture.StartAsync();
        using var client = master.Client();
        await PutAsync(client, "old", new JsonObject { ["password"] = Password });

        var account = await AccountAsync(master, "old");

        Assert.Equal(("", ""), (account.PasswordSha256.Hex, account.PasswordMd5));
        Assert.True(PasswordHash.IsOfToday(account.PasswordHash));
        string md5 = PerspectiveVerifier.Of(System.Text.Encoding.UTF8.GetBytes(Password));
        Assert.DoesNotContain(md5, account.SealedMd5, StringComparison.Ordinal);
        var keys = Path.Combine(master.Folder, "keys");
        Assert.Equal(md5, SecretVault.OfWorkers(keys).OpenText(account.SealedMd5, "old"));
        Assert.Null(SecretVault.OfWorkers(keys).OpenText(account.SealedMd5, "other"));
        Assert.Null(SecretVault.OfTotp(keys).OpenText(account.SealedMd5, "old"));
        foreach (var e in await master.Master.Store.ReadJournalAsync(0, 10_000, Cancellation))
            foreach (string secret in (string[])[Password, md5, account.PasswordHash, account.SealedMd5])
                Assert.DoesNotContain(secret, e.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hash_of_one_worker_lets_no_other_in()
    {
        await using var master = await MasterFixture.StartAsync();
        using var client = master.Client();
        await PutAsync(client, "old", new JsonObject { ["password"] = Password });
        await PutAsync(client, "other", new JsonObject { ["password"] = "another" });
        var (old, other) = (await AccountAsync(master, "old"), await AccountAsync(master, "other"));

        // Somebody who can write to the database but has no keys.
        await master.Master.Store.UpsertWorkerAsync(other with { PasswordHash = old.PasswordHash, SealedMd5 = old.SealedMd5 }, Actor.Farm, Cancellation);
        await master.Get<WorkerDoor>().RefreshAsync(Cancellation);

        Assert.False(await master.Get<WorkerDoor>().SendAsync("other", Password));
        Assert.False(await master.Get<WorkerDoor>().ProveAsync("other", Password));
    }

    [Fact]
    public async Task Rotating_takes_the_place_of_the_password_whoever_made_it()
    {
        await using var master = await MasterFixture.StartAsync();
        using var client = master.Client();
        var door = master.Get<WorkerDoor>();
        string made = (await PutAsync(client, "w1", [])).Answer["password"]!.ToString();

        Assert.Equal(HttpStatusCode.Conflict, (await PutAsync(client, "w1", new JsonObject { ["password"] = Password })).Status);
        Assert.True(await door.SendAsync("w1", made));
        await PutAsync(client, "w1", new JsonObject { ["password"] = Password, ["rotate"] = true });
        Assert.Equal((false, true), (await door.SendAsync("w1", made), await door.SendAsync("w1", Password)));
        await PutAsync(client, "w1", new JsonObject { ["password"] = "new one", ["rotate"] = true });
        Assert.Equal((false, true), (await door.SendAsync("w1", Password), await door.SendAsync("w1", "new one")));
        Assert.Equal((false, true), (await door.ProveAsync("w1", Password), await door.ProveAsync("w1", "new one")));
        made = (await PutAsync(client, "w1", new JsonObject { ["rotate"] = true })).Answer["password"]!.ToString();

        Assert.Equal((false, true, true), (await door.SendAsync("w1", "new one"), await door.SendAsync("w1", made), await door.ProveAsync("w1", made)));
        var account = await AccountAsync(master, "w1");
        Assert.Equal(("", ""), (account.PasswordHash, account.SealedMd5));
        Assert.Equal(HttpStatusCode.NotFound, (await PutAsync(client, "ghost", new JsonObject { ["password"] = Password, ["rotate"] = true })).Status);
    }

    [Theory]
    [InlineData("", "1 to 256 characters")]
    [InlineData(@"a\u0000b", "NUL")]
    [InlineData(@"a\ud800b", "")]
    public async Task A_password_that_none_can_have_is_refused_and_nothing_is_changed(string json, string says)
    {
        await using var master = await MasterFixture.StartAsync();
        using var client = master.Client();

        using var answer = await client.PostAsync(
            "/api/v1/workers/w1/credential", new StringContent($$"""{"password":"{{json}}"}""", System.Text.Encoding.UTF8, "application/json"), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Empty(await master.Master.Store.ListWorkersAsync(Cancellation));
    }

    [Fact]
    public void The_rules_name_what_is_wrong()
    {
        foreach (string good in (string[])["x", new('ä', 256), string.Concat(Enumerable.Repeat("\U0001F9C0", 256))]) Assert.Null(WorkerPasswordRules.Problem(good));
        Assert.Contains("256", WorkerPasswordRules.Problem(new string('x', 257)), StringComparison.Ordinal);
        Assert.Contains("256", WorkerPasswordRules.Problem(string.Concat(Enumerable.Repeat("\U0001F9C0", 257))), StringComparison.Ordinal);
        Assert.Contains("256", WorkerPasswordRules.Problem(""), StringComparison.Ordinal);
        Assert.Contains("NUL", WorkerPasswordRules.Problem("a\0"), StringComparison.Ordinal);
        Assert.Contains("surrogate", WorkerPasswordRules.Problem("a" + '\ud800'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_restart_it_is_checked_again_and_the_folder_of_keys_still_opens_what_perspective_broker_needs()
    {
        using var folder = new ScratchFolder();
        await using (var first = await MasterFixture.StartAsync(_ => MasterFixture.Options(folder["data"])))
        {
            using var client = first.Client(File.ReadAllText(folder["data/token"]).Trim());
            await PutAsync(client, "old", new JsonObject { ["password"] = Password });
        }

        await using var again = await MasterFixture.StartAsync(_ => MasterFixture.Options(folder["data"]));

        Assert.True(await again.Get<WorkerDoor>().SendAsync("old", Password));
        Assert.True(await again.Get<WorkerDoor>().ProveAsync("old", Password));
        Assert.False(await again.Get<WorkerDoor>().SendAsync("old", "guess"));
    }

    [Fact]
    public async Task A_refusal_takes_as_long_at_every_name_once_there_is_a_slow_one()
    {
        var time = new ManualTimeProvider();
        await using var door = new WorkerDoor(null!, null!, [], null!, time, NullLogger<WorkerDoor>.Instance, (_, _) => false);
        var made = new WorkerAccount(new WorkerName("made"), 1, Sha256Hash.Of("x"u8), true, "api");
        door.SetAccounts([made]);
        Assert.Equal((false, false, true), (await door.SendAsync("made", "wrong"), await door.SendAsync("nobody", "wrong"), await door.SendAsync("made", "x")));
        door.SetAccounts([made, new WorkerAccount(new WorkerName("brought"), 1, default, true, "api") { PasswordHash = "hash" }]);

        Task<bool>[] refused =
        [
            door.SendAsync("made", "wrong"), door.SendAsync("nobody", "wrong"), door.SendAsync("brought", "wrong"), door.ProveAsync("made", "wrong"), door.ProveAsync("nobody", "wrong"),
        ];
        Assert.True(await door.SendAsync("made", "x"));
        time.Advance(WorkerDoor.RefusalTime - TimeSpan.FromMilliseconds(1));
        Assert.All(refused, r => Assert.False(r.IsCompleted));
        await Logins.UntilAsync(() =>
        {
            // The slow check ends on a thread of its own, and only then the wait for the rest begins.
            time.Advance(TimeSpan.FromMilliseconds(1));
            return Task.FromResult(refused.All(r => r.IsCompleted));
        });

        Assert.All(await Task.WhenAll(refused), Assert.False);
    }

    private static async Task<WorkerAccount> AccountAsync(MasterFixture master, string name) =>
        (await master.Master.Store.ListWorkersAsync(Cancellation)).Single(w => w.Name.Value == name);

    private static async Task<(HttpStatusCode Status, JsonObject Answer)> PutAsync(HttpClient client, string name, JsonObject body)
    {
        using var answer = await client.PostAsJsonAsync($"/api/v1/workers/{name}/credential", body, Cancellation);
        return (answer.StatusCode, await MasterFixture.BodyAsync(answer));
    }
}
