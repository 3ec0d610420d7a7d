using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary>People at the command line, at a whole master.</summary>
public sealed class EstateCommandsTests
{
    private const string Password = "violet tractor";

    [Fact]
    public async Task What_is_refused_says_why_and_ends_with_its_code()
    {
        using var data = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string at = $"--data {data.Path} --server http://{master.Http}";

        await Refused(1, "12 to 120 characters", $"user add mira {at}", "short", "short");
        await Refused(1, "no account was made", $"user add mira {at}", Password, Password + "s");
        await Refused(1, "small letters", $"user add Mira {at}", Password, Password);
        await Refused(1, "no role of that name", $"user add mira --role ghost {at}", Password, Password);
        await Refused(2, "neither a date", $"user add mira --expires soon {at}", Password, Password);
        await Refused(2, "--disable and --enable", $"user set mira --disable --enable {at}");
        await Refused(2, "what is to be different", $"user set mira {at}");
        await Refused(1, "no user of that name", $"user show mira {at}");
        await Refused(1, "last enabled superuser", $"user remove admin {at}");
        await Refused(1, "last enabled superuser", $"user set admin --disable {at}");
        await Refused(1, "no group of that name", $"group show labs {at}");
        await Refused(1, "belongs to no account", $"group add labs {at}");
        await Refused(1, "Did you mean 'job:read'?", $"role put night --right job:raed {at}");
        await Refused(1, "cannot be changed", $"role remove operator {at}");
        await Refused(2, "--right", $"role put night {at}");
        await Refused(3, "belongs to an account", $"token create ci --right job:read {at}");
        await Refused(2, "no folder", $"token create ci --right job:read --out /nonexistent/folder/token {at}");
        await Refused(1, "none of that id", $"token revoke 0123456789abcdef {at}");
        await Refused(1, "none of that id", $"session end 0123456789abcdef {at}");
        await Refused(2, "neither a date", $"audit --since whenever {at}");
        await Refused(2, "cannot be read", $"user add mira --password-file /nonexistent/file {at}");
        Assert.Equal("[]", (await CliFarm.RunAsync($"group list --json {at}")).Output.Trim());

        static async Task Refused(int code, string why, string line, params string[] answers)
        {
            var (ended, _, error) = await CliFarm.RunAsync(line, answers);
            Assert.Equal((line, code), (line, ended));
            Assert.Contains(why, error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Programs_read_json_and_give_passwords_on_standard_input()
    {
        using var data = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string at = $"--json --data {data.Path} --server http://{master.Http}";

        var made = await JsonAsync($"user add mira --role operator --password-file - --keep-password {at}", Password);
        Assert.Equal(("mira", false, "operator"), (Text(made, "name"), made["must_change_password"]!.GetValue<bool>(), Text(made["roles"]![0])));
        Assert.Equal("mira@example.org", Text(await JsonAsync($"user set mira --email mira@example.org {at}"), "email"));
        Assert.Equal("mira", Text(await JsonAsync($"user unlock mira {at}"), "user"));
        Assert.Equal(2, (await JsonAsync($"user list {at}")).AsArray().Count);
        Assert.Equal("labs", Text(await JsonAsync($"group add labs --owner mira {at}"), "name"));
        Assert.Equal("admin", Text((await JsonAsync($"group member add labs admin --role viewer {at}"))["members"]![0], "user"));
        Assert.Empty((await JsonAsync($"group member remove labs admin {at}"))["members"]!.AsArray());
        Assert.Equal("1", Text(await JsonAsync($"role put night --right job:read {at}"), "revision"));
        Assert.Equal("2", Text(await JsonAsync($"role put night --right job:* {at}"), "revision"));
        Assert.Contains((await JsonAsync($"role list {at}")).AsArray(), r => Text(r, "name") == "night");
        var audit = (await JsonAsync($"audit --kind account. --since 1h {at}")).AsArray();
        Assert.Contains(audit, e => Text(e, "kind") == "account.saved" && Text(e, "subject") == "mira" && Text(e, "actor") == "owner");
        Assert.Equal("mira", Text(await JsonAsync($"user remove mira --transfer-to admin {at}"), "removed"));
        Assert.Equal("labs", Text(await JsonAsync($"group remove labs {at}"), "removed"));
    }

    [Fact]
    public async Task A_token_in_a_file_is_for_its_owner_alone_and_a_shown_one_is_all_that_is_shown()
    {
        using var data = new ScratchFolder();
        using var mira = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string server = $"--server http://{master.Http}", at = $"--data {mira.Path} {server}";
        Assert.Equal(0, (await CliFarm.RunAsync($"user add mira --role operator --keep-password --data {data.Path} {server}", Password, Password)).Code);
        Assert.Equal(0, (await CliFarm.RunAsync($"login --user mira {at}", Password)).Code);

        var shown = await CliFarm.RunAsync($"token create ci --right job:read --expires 30d {at}");
        var kept = await CliFarm.RunAsync($"token create file --right job:read --out {mira["token"]} --json {at}");

        Assert.Equal((0, 0), (shown.Code, kept.Code));
        Assert.Matches("^quern_[A-Za-z0-9_-]{43}\n$", shown.Output);
        Assert.DoesNotContain("quern_", shown.Error + kept.Output + kept.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(mira["token"]));
        Assert.Equal(0, (await CliFarm.RunAsync($"jobs --token-file {mira["token"]} {server}")).Code);
        Assert.Equal(3, (await CliFarm.RunAsync($"user list --token-file {mira["token"]} {server}")).Code);
        Assert.Equal(3, (await CliFarm.RunAsync($"token create more --right user:create {at}")).Code);
        var sessions = JsonNode.Parse((await CliFarm.RunAsync($"session list --json {at}")).Output)!.AsArray();
        Assert.Equal(0, (await CliFarm.RunAsync($"session end {Text(Assert.Single(sessions), "id")} {at}")).Code);
        Assert.Equal(3, (await CliFarm.RunAsync($"session list {at}")).Code);
    }

    [Fact]
    public async Task One_time_codes_are_a_picture_at_a_terminal_and_a_text_in_a_pipe()
    {
        using var data = new ScratchFolder();
        using var mira = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(data.Path);
        string server = $"--server http://{master.Http}", at = $"--data {mira.Path} {server}";
        Assert.Equal(0, (await CliFarm.RunAsync($"user add mira --keep-password --data {data.Path} {server}", Password, Password)).Code);
        Assert.Equal(0, (await CliFarm.RunAsync($"login --user mira {at}", Password)).Code);

        var (error, colours) = (new StringWriter(), new StringWriter());
        int wrong = await CommandTree.RunAsync($"account totp {at}".Split(' '), new Terminal(TextWriter.Null, colours, interactive: true, new StringReader($"{Password}\n000000x")));
        int good = await CommandTree.RunAsync($"account totp --json {at}".Split(' '), new Terminal(TextWriter.Null, error, interactive: false, new Authenticator(error, Password)));

        Assert.Equal((1, 0), (wrong, good));
        var picture = $"{colours}".Split('\n').Where(l => l.StartsWith("\e[97;40m", StringComparison.Ordinal)).ToList();
        Assert.True(picture.Count > 20, $"the picture has {picture.Count} lines");
        Assert.DoesNotContain("otpauth", $"{colours}", StringComparison.Ordinal);
        Assert.Contains("otpauth://totp/Quern:mira?secret=", $"{error}", StringComparison.Ordinal);
        Assert.DoesNotContain("█", $"{error}", StringComparison.Ordinal);
        Assert.Equal(3, (await CliFarm.RunAsync($"login --user mira {at}", Password, "000000")).Code);
        Assert.Equal(3, (await CliFarm.RunAsync($"account totp remove {at}", "wrong password")).Code);
        Assert.Equal(0, (await CliFarm.RunAsync($"account totp remove {at}", Password)).Code);
        Assert.Contains("one-time codes no", (await CliFarm.RunAsync($"account show {at}")).Output, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> JsonAsync(string line, params string[] answers)
    {
        var (code, output, error) = await CliFarm.RunAsync(line, answers);
        Assert.Equal((line, 0, ""), (line, code, code == 0 ? "" : error));
        return JsonNode.Parse(output)!;
    }

    private static string Text(JsonNode? node, string? key = null) => (key is null ? node : node?[key])?.ToString() ?? "";
}
