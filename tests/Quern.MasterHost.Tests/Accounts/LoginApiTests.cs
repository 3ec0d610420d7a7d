using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>Signing in at a whole master.</summary>
public sealed class LoginApiTests
{
    private const string Fresh = "violet tractor";

    [Fact]
    public async Task The_random_first_password_must_be_changed_before_anything_else()
    {
        await using var farm = await MasterFixture.StartAsync(folder => MasterFixture.Options(folder) with { FirstPassword = null });
        using var stranger = new HttpClient { BaseAddress = farm.Address };
        Assert.Matches("^[a-zA-Z0-9]{24}$", farm.NewPassword);

        var login = await MasterFixture.BodyAsync(await LoginAsync(stranger, farm.NewPassword!));
        using var admin = farm.Client(login["token"]!.ToString());

        Assert.Equal((true, false), (login["must_change_password"]!.GetValue<bool>(), login["must_enrol_totp"]!.GetValue<bool>()));
        var refused = await admin.GetAsync("/api/v1/farm");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("password must be changed", (await MasterFixture.BodyAsync(refused))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.True((await MasterFixture.BodyAsync(await admin.GetAsync("/api/v1/account")))["must_change_password"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.Forbidden, (await PasswordAsync(admin, "wrong", Fresh)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PasswordAsync(admin, farm.NewPassword!, "short")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await PasswordAsync(admin, farm.NewPassword!, Fresh)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/v1/farm")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.PostAsync("/api/v1/logout", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.GetAsync("/api/v1/farm")).StatusCode);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_the_first_password_to_the_next_one()
    {
        using var folder = new ScratchFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var options = MasterFixture.Options(folder.Path) with { FirstPassword = null };

        Assert.IsType<MasterStart.Failed>(await QuernMaster.StartAsync(options with { Http = (IPEndPoint)other.LocalEndpoint }, TimeProvider.System, TestContext.Current.CancellationToken));

        var running = Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken));
        await using var master = running.Master;
        Assert.Matches("^[a-zA-Z0-9]{24}$", running.NewPassword);
    }

    [Fact]
    public async Task The_password_of_the_time_before_accounts_is_taken_over_and_its_file_goes()
    {
        byte[] salt = RandomNumberGenerator.GetBytes(16);
        string old = $"pbkdf2-sha512:210000:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(Rfc2898DeriveBytes.Pbkdf2("from before", salt, 210_000, HashAlgorithmName.SHA512, 64))}";
        await using var farm = await MasterFixture.StartAsync(folder =>
        {
            File.WriteAllText(Path.Combine(folder, "admin-password"), old + "\n");
            return MasterFixture.Options(folder);
        });
        using var stranger = new HttpClient { BaseAddress = farm.Address };

        Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(stranger, "open sesame")).StatusCode);
        Assert.False((await MasterFixture.BodyAsync(await LoginAsync(stranger, "from before")))["must_change_password"]!.GetValue<bool>());
        Assert.False(File.Exists(Path.Combine(farm.Folder, "admin-password")));
        Assert.Null(farm.NewPassword);
    }

    [Fact]
    public async Task One_time_codes_are_set_up_and_asked_for()
    {
        await using var farm = await MasterFixture.StartAsync(MasterFixture.ReleaseOnly with { Accounts = new AccountSettings { RequireTotp = true } });
        using var stranger = new HttpClient { BaseAddress = farm.Address };
        var login = await MasterFixture.BodyAsync(await LoginAsync(stranger, "open sesame"));
        using var admin = farm.Client(login["token"]!.ToString());
        Assert.True(login["must_enrol_totp"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.GetAsync("/api/v1/farm")).StatusCode);

        var begun = await MasterFixture.BodyAsync(await admin.PostAsJsonAsync("/api/v1/account/totp", new JsonObject { ["password"] = "open sesame" }));
        byte[] secret = Base32.Decode(begun["secret"]!.ToString())!;
        Assert.StartsWith("otpauth://totp/Quern:admin?secret=", begun["uri"]!.ToString(), StringComparison.Ordinal);
        var confirmed = await admin.PostAsJsonAsync("/api/v1/account/totp/confirm", new JsonObject { ["code"] = Totp.CodeOf(secret, Totp.StepOf(TimeProvider.System.GetUtcNow())) });
        string recovery = (await MasterFixture.BodyAsync(confirmed))["codes"]!.AsArray()[0]!.ToString();

        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/v1/farm")).StatusCode);
        Assert.True(confirmed.Headers.CacheControl!.NoStore);
        var asked = await LoginAsync(stranger, "open sesame");
        Assert.Equal((HttpStatusCode.Unauthorized, "Code needed"), (asked.StatusCode, (await MasterFixture.BodyAsync(asked))["title"]!.ToString()));
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(stranger, "open sesame", recovery)).StatusCode);
        Assert.Equal("Wrong code", (await MasterFixture.BodyAsync(await LoginAsync(stranger, "open sesame", recovery)))["title"]!.ToString());
    }

    [Fact]
    public async Task A_browser_changes_the_password_on_the_way_in()
    {
        await using var farm = await MasterFixture.StartAsync(folder => MasterFixture.Options(folder) with { FirstPassword = null });
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = farm.Address };

        var first = await FormAsync(browser, ("password", farm.NewPassword!));
        var bad = await FormAsync(browser, ("password", farm.NewPassword!), ("new_password", "short"));
        var good = await FormAsync(browser, ("password", farm.NewPassword!), ("new_password", Fresh));

        Assert.All((HttpResponseMessage[])[first, bad], r => Assert.False(r.Headers.Contains("Set-Cookie")));
        Assert.Contains("name=\"new_password\"", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("12 to 120 characters", await bad.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, good.StatusCode);
        browser.DefaultRequestHeaders.Add("Cookie", good.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task The_owners_token_and_those_of_programs_have_no_account_to_change()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();

        var answer = await owner.GetAsync("/api/v1/account");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("somebody who signed in", (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync("/api/v1/farm")).StatusCode);
    }

    private static Task<HttpResponseMessage> LoginAsync(HttpClient client, string password, string? recovery = null) => client.PostAsJsonAsync(
        "/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = password, ["recovery_code"] = recovery });

    private static Task<HttpResponseMessage> PasswordAsync(HttpClient client, string current, string fresh) => client.PostAsJsonAsync(
        "/api/v1/account/password", new JsonObject { ["current_password"] = current, ["new_password"] = fresh });

    private static Task<HttpResponseMessage> FormAsync(HttpClient browser, params (string Name, string Value)[] fields) => browser.PostAsync(
        "/login", new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)).Append(KeyValuePair.Create("user", "admin"))));
}
