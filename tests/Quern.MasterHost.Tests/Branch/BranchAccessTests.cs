using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>Who comes in, and what they may do.</summary>
public sealed class BranchAccessTests
{
    [Fact]
    public void Every_command_of_a_controller_names_a_right_that_there_is()
    {
        foreach (var row in BranchCommands.All.Where(r => r.Roles.Contains(BranchRole.Controller) && r.Command != BranchCommand.SetName))
            Assert.Contains(BranchRights.Of(row.Command), Right.Known);
        Assert.All(BranchRights.OfControllers, right => Assert.Contains(right, Right.Known));
    }

    [Fact]
    public async Task A_group_with_few_rights_reads_and_changes_nothing()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var young = await farm.V2Async("eyes", "reader");
        await using var old = await farm.V1Async("eyes", "reader");

        Assert.Equal(200, (int)(await young.AskAsync("CHECKOUT", "zlib"))["statuscode"]!);
        Assert.Equal("[]", await old.AskAsync("QUEUED_JOBS_STATUS"));
        var refused = await young.AskAsync("DELETEPKG", "zlib");
        Assert.Equal((400, "The key of this client does not give the right 'recipe:write'."), ((int)refused["statuscode"]!, refused["payload"]!.ToString()));
        foreach (string command in (string[])
            ["DELETE_PKGBUILD zlib", "SUBMIT_PACKAGE {}", "RELEASE_BUILD zlib", "CANCEL_ALL_QUEUED_JOBS", "CLEAR_COMPLETED_JOBS", "VIEW_SYS_EVENTS", "CONNECTED_CONTROLLERS",
                """TRANSFER_EXTRA_SOURCE {"description":"d","filename":"f","filelen":5}""", "COMPLETE_TRANSFER"])
            Assert.Equal("INV_CMD", await old.AskAsync(command));
        Assert.Single(await farm.Store.ListRecipesAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Without_keys_nobody_comes_in()
    {
        await using var farm = await BranchFarm.StartAsync(branch: new BranchSettings());
        await using var peer = await farm.ConnectAsync();

        Assert.Equal("INV_AUTH_KEY", await peer.AskAsync("AUTH default"));
        Assert.Equal("AUTH_REQUIRED", await peer.AskAsync("SET_MACHINE_TYPE CONTROLLER"));
        await using var young = await farm.ConnectAsync();
        Assert.Equal("Authkey is invalid.", (await young.LogOnAsync(""))["payload"]!.ToString());
        var none = await young.AskAsync("AUTH", new JsonObject { ["machine_identifier"] = "a", ["machine_type"] = "CONTROLLER", ["machine_authkey"] = null, ["machine_version"] = 0 });
        Assert.Equal("Authkey is invalid.", none["payload"]!.ToString());
    }

    [Fact]
    public async Task In_untrusted_mode_everybody_comes_in_with_the_rights_of_that_group()
    {
        await using var farm = await BranchFarm.StartAsync(branch: new BranchSettings
        {
            Untrusted = true,
            Keys = [new BranchKeySetting("default", "controllers")],
            Groups = [new BranchGroupSetting("untrusted", ["recipe:read"])],
        });
        await using var old = await farm.ConnectAsync();
        Assert.Equal("UNTRUSTED_MODE", await old.AskAsync("AUTH default"));
        Assert.Equal("UNTRUSTED_MODE", await old.AskAsync("AUTH default"));
        Assert.Equal("CMD_OK", await old.AskAsync("SET_MACHINE_TYPE CONTROLLER"));
        Assert.Equal("[]", await old.AskAsync("MANAGED_PKGBUILDS"));
        Assert.Equal("INV_CMD", await old.AskAsync("CLEAR_COMPLETED_JOBS"));

        await using var keyless = await farm.V2Async(key: "nonsense");
        Assert.Equal(400, (int)(await keyless.AskAsync("CLEARCOMPLETEDJOBS", ""))["statuscode"]!);
        await using var keyed = await farm.V2Async();
        Assert.Equal(200, (int)(await keyed.AskAsync("CLEARCOMPLETEDJOBS", ""))["statuscode"]!);
    }

    [Theory]
    [InlineData(0, "Branchmaster v0.6 (The Northern Star)")]
    [InlineData(1, "Branchmaster v0.7-pre (Anticitizen One)")]
    public async Task Each_version_is_greeted_as_it_expects(int version, string greeting)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var peer = await farm.ConnectAsync();

        Assert.Equal(greeting, (await peer.LogOnAsync(version: version))["payload"]!["logon_message"]!.ToString());
        Assert.Equal("Invalid command.", (await peer.LogOnAsync())["payload"]!.ToString());
    }

    [Theory]
    [InlineData("2", "2")]
    [InlineData("\"0\"", "0")]
    [InlineData("null", "null")]
    [InlineData("1.0", "1.0")]
    [InlineData("123456789012345678901234567890123456789", "12345678901234567890123456789012")]
    public async Task Another_version_is_refused_with_both_numbers(string version, string shown)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var peer = await farm.ConnectAsync();
        string body = """{"command":"AUTH","payload":{"machine_identifier":"a","machine_type":"CONTROLLER","machine_authkey":"wrong","machine_version":VERSION}}"""
            .Replace("VERSION", version, StringComparison.Ordinal);

        Assert.Equal(
            $$"""{"statuscode": 400, "payload": "Protocol version is not matching. Requested protocol {{shown}}, while the server only provides protocol 1."}""",
            await peer.AskAsync(body));
    }

    [Fact]
    public async Task Names_are_kept_to_a_safe_alphabet()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var peer = await farm.ConnectAsync();
        foreach (string name in (string[])["", " ", "a/b", "ä", "a\nb", new string('a', 65)])
            Assert.Equal("Requested client name is not permitted.", (await peer.LogOnAsync(name: name))["payload"]!.ToString());
        Assert.Equal(200, (int)(await peer.LogOnAsync(name: "Dev One @ home: a+b-c_d.e"))["statuscode"]!);

        // In V1 every name is taken: what cannot stand in one is replaced.
        await using var old = await farm.V1Async(name: "x/../ö\u0007y");
        await using var nameless = await farm.V1Async(name: "");
        Assert.Equal("""["Dev One @ home: a+b-c_d.e", "x_..___y", "unnamed"]""", await old.AskAsync("CONNECTED_CONTROLLERS"));
    }

    [Fact]
    public async Task Logins_and_their_ends_stand_in_the_journal_without_keys()
    {
        await using var farm = await BranchFarm.StartAsync();
        await (await farm.V1Async(name: "anna")).DisposeAsync();
        await (await farm.V2Async(name: "bert")).DisposeAsync();

        await farm.UntilAsync(async () => (await farm.EventsAsync("client.disconnected")).Length == 2);

        var came = await farm.EventsAsync("client.connected");
        Assert.Equal(["anna", "bert"], came.Select(e => e.Subject));
        Assert.Equal(["branch:anna", "branch:bert"], came.Select(e => e.Actor));
        Assert.All(came, e => Assert.Contains("group controllers", e.Data, StringComparison.Ordinal));
        Assert.DoesNotContain(await farm.EventsAsync("client."), e => e.Data.Contains("default", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_build_bot_is_told_that_it_is_not_wanted()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var old = await farm.ConnectAsync();
        Assert.Equal("AUTH_OK", await old.AskAsync("AUTH default"));
        Assert.Equal("INV_MACHINE_TYPE", await old.AskAsync("SET_MACHINE_TYPE BUILD"));
        await using var young = await farm.ConnectAsync();
        Assert.Equal("Requested client type is invalid.", (await young.LogOnAsync(type: "BUILD"))["payload"]!.ToString());
    }
}
