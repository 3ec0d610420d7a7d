using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary><c>quern admin</c> and <c>quern banner</c> at a whole master.</summary>
public sealed class AdminCommandTests
{
    [Fact]
    public async Task The_owner_asks_on_the_farm_s_own_machine_without_saying_more()
    {
        using var data = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path, listen: ListenerProtocols.Admin);
        string at = $"--server {master.Listening.Single(l => l.Protocol == "admin").EndPoint} --data {data.Path}";

        var banner = await CliFarm.RunAsync($"admin call RQ_ServerBanner {at}");
        var made = await CliFarm.RunAsync($$"""admin call RQ_CreateUser {{at}} --json {"username":"alice","password":"purple.elephant"}""");
        var again = await CliFarm.RunAsync($$"""admin call RQ_CreateUser {{at}} --json {"username":"alice","password":"purple.elephant"}""");
        var users = await CliFarm.RunAsync($"admin call rq_listusers {at}");

        Assert.Equal((0, "", 0), (banner.Code, banner.Error, made.Code));
        Assert.False(JsonNode.Parse(banner.Output)!["maintenance"]!.GetValue<bool>());
        Assert.Equal("CREATE_USER_OK", JsonNode.Parse(made.Output)!["result"]!.ToString());
        Assert.Equal((1, "CREATE_USER_USERNAME_TAKEN"), (again.Code, JsonNode.Parse(again.Output)!["result"]!.ToString()));
        Assert.Equal(["admin", "alice"], JsonNode.Parse(users.Output)!["user"]!.AsArray().Select(u => u!["username"]!.ToString()));
    }

    [Fact]
    public async Task From_elsewhere_the_certificate_must_be_known_and_is_remembered()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path, listen: ListenerProtocols.Admin);
        string at = $"--server {master.Listening.Single(l => l.Protocol == "admin").EndPoint} --data {other.Path}";

        var unknown = await CliFarm.RunAsync($"admin call RQ_Ping {at}");
        Assert.Equal(3, unknown.Code);
        string fingerprint = Regex.Match(unknown.Error, "--fingerprint ([0-9a-f]{64})").Groups[1].Value;
        Assert.Equal(64, fingerprint.Length);
        Assert.Equal(3, (await CliFarm.RunAsync($"admin call RQ_Ping {at} --fingerprint {new string('0', 64)}")).Code);
        Assert.Equal(2, (await CliFarm.RunAsync($"admin call RQ_Ping {at} --fingerprint short")).Code);

        var signedIn = await CliFarm.RunAsync($"admin call RQ_ListUsers {at} --fingerprint {fingerprint} --user admin", "open sesame");
        Assert.Equal((0, ""), (signedIn.Code, signedIn.Error));
        Assert.Equal(0, (await CliFarm.RunAsync($"admin call RQ_Ping {at}")).Code);
        var wrong = await CliFarm.RunAsync($"admin call RQ_ListUsers {at} --user admin", "open barley");
        Assert.Equal((3, true), (wrong.Code, wrong.Error.Contains("LOGIN_FAILED", StringComparison.Ordinal)));
        Assert.Equal(3, (await CliFarm.RunAsync($"admin call RQ_ListUsers {at}")).Code);

        await File.WriteAllTextAsync(Directory.GetFiles(other.Path, "admin-*.pin").Single(), new string('1', 64));
        var changed = await CliFarm.RunAsync($"admin call RQ_Ping {at}");
        Assert.Equal(3, changed.Code);
        Assert.Contains("another certificate than before", changed.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CliFarm.RunAsync($"admin call RQ_Ping {at} --insecure-any-certificate")).Code);
    }

    [Fact]
    public async Task What_is_no_message_is_told_before_anybody_is_called()
    {
        var none = await CliFarm.RunAsync("admin call RQ_CreateUsr --server 127.0.0.1:1");
        var field = await CliFarm.RunAsync("""admin call RQ_CreateUser --server 127.0.0.1:1 --json {"name":"alice"}""");
        var half = await CliFarm.RunAsync("""admin call RQ_CreateUser --server 127.0.0.1:1 --json {"username":""");
        var place = await CliFarm.RunAsync("admin call RQ_Ping --server http://127.0.0.1:8010");

        Assert.Equal((2, 2, 2, 2), (none.Code, field.Code, half.Code, place.Code));
        Assert.Contains("Did you mean 'RQ_CreateUser'?", none.Error, StringComparison.Ordinal);
        Assert.Contains("name", field.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_message_is_listed_with_its_fields()
    {
        var all = await CliFarm.RunAsync("admin messages --json");
        var one = await CliFarm.RunAsync("admin messages RQ_Login");

        Assert.Equal(Protocols.Admin.AdminTypes.All.Count(t => t is { IsRequest: true, Answer: not null }), JsonNode.Parse(all.Output)!.AsArray().Count);
        var login = JsonNode.Parse(one.Output)!;
        Assert.Equal("number", login["fields"]!["token"]!.ToString());
        Assert.Contains("LOGIN_INVALID_PASSWORD", login["answer"]!.AsArray().Select(a => a!.ToString()));
    }

    [Fact]
    public async Task The_banner_is_set_shown_and_seen_at_the_login()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string at = $"--server http://{master.Http} --data {data.Path}";
        await File.WriteAllBytesAsync(other["dot.png"], Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="));
        await File.WriteAllTextAsync(other["text.png"], "no picture");

        var set = await CliFarm.RunAsync($"banner set --message Hello --image {other["dot.png"]} --maintenance on {at}");
        var shown = await CliFarm.RunAsync($"banner show --json {at}");
        var noPicture = await CliFarm.RunAsync($"banner set --image {other["text.png"]} {at}");
        var login = await CliFarm.RunAsync($"login http://{master.Http} --data {other.Path}", "open sesame");

        Assert.Equal((0, 0, 1, 0), (set.Code, shown.Code, noPicture.Code, login.Code));
        Assert.Equal(("Hello", true), (JsonNode.Parse(shown.Output)!["message"]!.ToString(), JsonNode.Parse(shown.Output)!["maintenance"]!.GetValue<bool>()));
        Assert.Contains("no PNG", noPicture.Error, StringComparison.Ordinal);
        Assert.StartsWith("Hello", login.Error, StringComparison.Ordinal);
        Assert.Contains("in maintenance", login.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await CliFarm.RunAsync($"banner set {at}")).Code);
        Assert.Equal(2, (await CliFarm.RunAsync($"banner set --maintenance perhaps {at}")).Code);
    }
}
