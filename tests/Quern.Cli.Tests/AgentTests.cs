using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary><c>quern agent</c> and <c>quern worker credential</c> at a whole master.</summary>
public sealed class AgentTests
{
    [Fact]
    public async Task Keys_are_made_listed_and_revoked_and_an_agent_is_looked_after()
    {
        using var data = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string at = $"--data {data.Path} --server http://{master.Http}";
        await master.Store.CreateGroupAsync(new StoredGroup("1", "labs", "", [new("admin", "owner")]), Actor.Farm, TestContext.Current.CancellationToken);

        var made = await CliFarm.RunAsync($"agent key create --group labs --uses 2 --hours 1 --network 10.0.0.0/8 --network 192.168.0.0/16 --tag big --slots 2 --note mills {at}");
        Assert.Equal((0, ""), (made.Code, made.Code == 0 ? "" : made.Error));
        string key = made.Output.Trim();
        Assert.StartsWith("quern_agent_", key, StringComparison.Ordinal);
        var keys = await CliFarm.RunAsync($"agent key list --group labs {at}");
        Assert.Contains("10.0.0.0/8 192.168.0.0/16", keys.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(key, keys.Output, StringComparison.Ordinal);

        Assert.IsType<EnrolmentResult.Joined>(await master.Store.EnrolAgentAsync(
            new Enrolment(Sha256Hash.Of(System.Text.Encoding.UTF8.GetBytes(key)), Sha256Hash.Of([1]), $"{Guid.NewGuid()}", new WorkerName("mill"), System.Net.IPAddress.Parse("10.1.2.3")),
            TestContext.Current.CancellationToken));
        foreach (var (line, says) in ((string, string)[])
        [
            ("agent list", "mill"), ("agent show mill", "labs"), ("agent rename mill press", "press"), ("agent drain press", "no more jobs"), ("agent show press", "drained"),
            ("agent drain press --off", "jobs again"), ("agent rotate press", "renew"), ("agent list --group labs", "renewing"), ("agent revoke press", "revoked"),
            ("agent list --online --json", "[]"), ("agent forget press", "forgotten"),
        ])
        {
            var done = await CliFarm.RunAsync($"{line} {at}");
            Assert.Equal((line, 0, ""), (line, done.Code, done.Code == 0 ? "" : done.Error));
            Assert.Contains(says, done.Output, StringComparison.Ordinal);
        }
        await File.WriteAllTextAsync(data["program"], "x", TestContext.Current.CancellationToken);
        var upgrade = await CliFarm.RunAsync($"agent upgrade --program {data["program"]} {at}");
        Assert.Equal((1, true), (upgrade.Code, upgrade.Error.Contains("none is active", StringComparison.Ordinal)));
        var byPayload = await CliFarm.RunAsync($"agent upgrade {at}");
        Assert.Equal((1, true), (byPayload.Code, byPayload.Error.Contains("none is active", StringComparison.Ordinal)));
        var both = await CliFarm.RunAsync($"agent upgrade --payload --program {data["program"]} {at}");
        Assert.Equal((ExitCode.Usage, true), (both.Code, both.Error.Contains("Give either --program or --payload.", StringComparison.Ordinal)));
        string id = keys.Output.Split('\n')[1].Split(' ')[0];
        Assert.Equal(0, (await CliFarm.RunAsync($"agent key revoke {id} {at}")).Code);
        Assert.Equal(1, (await CliFarm.RunAsync($"agent approve press {at}")).Code);
        Assert.Equal(1, (await CliFarm.RunAsync($"agent key create --group ghosts {at}")).Code);
        Assert.Equal(2, (await CliFarm.RunAsync($"agent key create {at}")).Code);
    }

    [Fact]
    public async Task A_worker_gets_a_password_once_and_another_when_asked()
    {
        using var data = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string at = $"--data {data.Path} --server http://{master.Http}";

        var first = await CliFarm.RunAsync($"worker credential plain --slots 2 {at}");
        var again = await CliFarm.RunAsync($"worker credential plain {at}");
        var rotated = await CliFarm.RunAsync($"worker credential plain --rotate {at}");
        var missing = await CliFarm.RunAsync($"worker credential ghost --rotate {at}");

        Assert.Equal((0, 1, 0, 1), (first.Code, again.Code, rotated.Code, missing.Code));
        Assert.Contains("rotate", again.Error, StringComparison.Ordinal);
        Assert.Equal((32, 32), (first.Output.Trim().Length, rotated.Output.Trim().Length));
        Assert.NotEqual(first.Output, rotated.Output);
    }

    [Fact]
    public async Task A_worker_keeps_the_password_of_its_file()
    {
        using var data = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string at = $"--data {data.Path} --server http://{master.Http}";
        await File.WriteAllTextAsync(data["password"], "käse brot\r\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(data["tac"], "import os\npasswd = 'x'\n", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(data["latin"], [0x6b, 0xe4, 0x73, 0x65], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(data["long"], new string('x', 257), TestContext.Current.CancellationToken);

        var brought = await CliFarm.RunAsync($"worker credential old --slots 2 --password-file {data["password"]} {at}");
        var again = await CliFarm.RunAsync($"worker credential old --password-file {data["password"]} {at}");
        var rotated = await CliFarm.RunAsync($"worker credential old --rotate --password-file - --json {at}", "from standard input");

        Assert.Equal((0, "old may join with the password that it has\n"), (brought.Code, brought.Output));
        Assert.Equal((1, true), (again.Code, again.Error.Contains("rotate", StringComparison.Ordinal)));
        Assert.Equal((0, true), (rotated.Code, rotated.Output.Contains("\"password\": null", StringComparison.Ordinal)));
        Assert.DoesNotContain("standard input", rotated.Output, StringComparison.Ordinal);
        var account = Assert.Single(await master.Store.ListWorkersAsync(TestContext.Current.CancellationToken));
        Assert.Equal((2, "", true), (account.Slots, account.PasswordMd5, account.PasswordHash.Length > 0));
        foreach (var (file, code, says) in ((string, int, string)[])[("tac", 2, "more than one line"), ("latin", 2, "not UTF-8"), ("missing", 2, "cannot be read"), ("long", 1, "256")])
        {
            var refused = await CliFarm.RunAsync($"worker credential new --password-file {data[file]} {at}");
            Assert.Equal((file, code, ""), (file, refused.Code, refused.Output));
            Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        }
        Assert.Single(await master.Store.ListWorkersAsync(TestContext.Current.CancellationToken));
    }
}
