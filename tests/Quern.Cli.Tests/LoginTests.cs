using System.Net;
using System.Text.RegularExpressions;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary><c>quern login</c> and <c>quern logout</c> at a whole master.</summary>
public sealed class LoginTests
{
    private const string Fresh = "violet tractor";

    [Fact]
    public async Task A_password_that_must_be_changed_is_changed_on_the_way_in()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        var (master, password) = await StartAsync(data.Path, new AccountSettings());
        await using var _ = master;
        string login = $"login http://{master.Http} --data {other.Path}";
        string at = $"--data {other.Path} --server http://{master.Http}";

        var differs = await CliFarm.RunAsync(login, password!, Fresh, Fresh + "s");
        var short_ = await CliFarm.RunAsync(login, password!, "short", "short");
        Assert.Equal((1, 1), (differs.Code, short_.Code));
        Assert.Contains("not the same", differs.Error, StringComparison.Ordinal);
        Assert.Contains("12 to 120 characters", short_.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await CliFarm.RunAsync($"jobs {at}")).Code);

        var good = await CliFarm.RunAsync(login, password!, Fresh, Fresh);

        Assert.Equal(0, good.Code);
        Assert.DoesNotContain("tractor", good.Output + good.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CliFarm.RunAsync($"jobs {at}")).Code);
        Assert.Equal(3, (await CliFarm.RunAsync(login, password!)).Code);
    }

    [Fact]
    public async Task Passwords_and_codes_come_from_files_where_nobody_types()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        var (master, password) = await StartAsync(data.Path, new AccountSettings());
        await using var _ = master;
        await File.WriteAllTextAsync(other["old"], password + "\n");
        await File.WriteAllTextAsync(other["new"], Fresh + "\n");

        var good = await CliFarm.RunAsync($"login http://{master.Http} --data {other.Path} --password-file {other["old"]} --new-password-file {other["new"]} --json");
        var missing = await CliFarm.RunAsync($"login http://{master.Http} --data {other.Path} --password-file /nonexistent/file");

        Assert.Equal((0, 2), (good.Code, missing.Code));
        Assert.Contains("\"ends_at\"", good.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_time_codes_are_set_up_on_the_way_in_and_a_recovery_code_signs_in()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        var (master, password) = await StartAsync(data.Path, new AccountSettings { RequireTotp = true });
        await using var _ = master;
        string login = $"login http://{master.Http} --data {other.Path}";
        var error = new StringWriter();

        int code = await CommandTree.RunAsync(login.Split(' '), new Terminal(TextWriter.Null, error, interactive: false, new Authenticator(error, password!, Fresh, Fresh)));

        Assert.Equal((0, ""), (code, code == 0 ? "" : $"{error}"));
        string recovery = Regex.Match($"{error}", "[A-Z2-7]{4}(-[A-Z2-7]{4}){3}").Value;
        var again = await CliFarm.RunAsync(login, Fresh, recovery);
        var used = await CliFarm.RunAsync(login, Fresh, recovery);
        Assert.Equal((0, 3), (again.Code, used.Code));
        Assert.Contains("did not take this code", used.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_ends_the_session_at_the_master_and_forgets_it_here()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        var (master, password) = await StartAsync(data.Path, new AccountSettings());
        await using var _ = master;
        string at = $"--data {other.Path} --server http://{master.Http}";
        Assert.Equal(0, (await CliFarm.RunAsync($"login {at}", password!, Fresh, Fresh)).Code);
        string file = Assert.Single(Directory.GetFiles(other.Path, "login-*"));
        File.Copy(file, other["copy"]);

        var first = await CliFarm.RunAsync($"logout {at}");
        var second = await CliFarm.RunAsync($"logout {at}");

        Assert.Equal((0, 0), (first.Code, second.Code));
        Assert.Contains("Nobody is signed in", second.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        Assert.Equal(3, (await CliFarm.RunAsync($"jobs {at} --token-file {other["copy"]}")).Code);
    }

    [Fact]
    public async Task The_owner_helps_a_user_who_cannot_get_in()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        var (master, _) = await StartAsync(data.Path, new AccountSettings());
        await using var running = master;
        string at = $"--data {data.Path} --server http://{master.Http}";

        var unlocked = await CliFarm.RunAsync($"user unlock admin {at}");
        var differs = await CliFarm.RunAsync($"user password admin {at}", Fresh, Fresh + "s");
        var set = await CliFarm.RunAsync($"user password admin {at}", Fresh, Fresh);
        var removed = await CliFarm.RunAsync($"user totp remove admin {at} --json");
        var missing = await CliFarm.RunAsync($"user unlock nobody {at}");

        Assert.Equal((0, 1, 0, 1, 1), (unlocked.Code, differs.Code, set.Code, removed.Code, missing.Code));
        Assert.Contains("not the same", differs.Error, StringComparison.Ordinal);
        Assert.Contains("no user of that name", missing.Error, StringComparison.Ordinal);
        Assert.Contains("no one-time codes", removed.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CliFarm.RunAsync($"login http://{master.Http} --data {other.Path}", Fresh, "yellow tractor", "yellow tractor")).Code);
    }

    private static async Task<(QuernMaster Master, string? Password)> StartAsync(string folder, AccountSettings accounts)
    {
        var options = new MasterOptions
        {
            DataFolder = folder,
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            FetchProgram = ["/bin/false"],
            Configuration = FarmConfiguration.Empty with { Accounts = accounts },
        };
        var start = Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, TimeProvider.System, CancellationToken.None));
        return (start.Master, start.NewPassword);
    }
}
