using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Quern.MasterHost.Access;
using Quern.MasterHost.Estate;
using Quern.MasterHost.Tests.Accounts;
using Quern.MasterHost.Tests.Workers;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Estate;

public sealed class BannerDeskTests
{
    private static readonly Caller s_superuser = Somebody("*");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_banner_is_shown_at_once_and_after_a_restart()
    {
        await using var farm = await LoginFarm.StartAsync();
        await using (var desk = await OpenAsync(farm))
        {
            var answer = await desk.UpdateAsync(s_superuser, new BannerEdit { Message = "Back at noon", Image = PngCheckTests.Pixel, Maintenance = true }, Cancellation);
            Assert.Equal(EstateCode.Done, answer.Code);
            Assert.Equal(("Back at noon", true, PngCheckTests.Pixel.Length, 32), Facts(desk.Current));
        }
        farm.Maintenance.IsOn = false;

        await using var again = await OpenAsync(farm);

        Assert.Equal(("Back at noon", true, PngCheckTests.Pixel.Length, 32), Facts(again.Current));
        Assert.True(farm.Maintenance.IsOn);
        Assert.Matches(@"^\d+\.\d+\.\d+\z", again.Current.Version);
    }

    [Fact]
    public async Task What_a_change_leaves_out_stays_and_what_is_empty_is_taken_away()
    {
        await using var farm = await LoginFarm.StartAsync();
        await using var desk = await OpenAsync(farm);
        await desk.UpdateAsync(s_superuser, new BannerEdit { Message = "Hello", Image = PngCheckTests.Pixel }, Cancellation);

        await desk.UpdateAsync(s_superuser, new BannerEdit { Message = "" }, Cancellation);
        Assert.Equal(("", false, PngCheckTests.Pixel.Length, 32), Facts(desk.Current));
        await desk.UpdateAsync(s_superuser, new BannerEdit { Image = ReadOnlyMemory<byte>.Empty }, Cancellation);
        Assert.Equal(("", false, 0, 0), Facts(desk.Current));
    }

    [Fact]
    public async Task What_may_not_be_shown_is_refused_and_nothing_is_changed()
    {
        await using var farm = await LoginFarm.StartAsync();
        await using var desk = await OpenAsync(farm);

        async Task<EstateCode> TryAsync(BannerEdit edit) => (await desk.UpdateAsync(s_superuser, edit with { Maintenance = true }, Cancellation)).Code;

        Assert.Equal(EstateCode.InvalidMessage, await TryAsync(new BannerEdit { Message = new string('a', 129) }));
        Assert.Equal(EstateCode.InvalidMessage, await TryAsync(new BannerEdit { Message = "two\nlines" }));
        Assert.Equal(EstateCode.InvalidImage, await TryAsync(new BannerEdit { Image = new byte[] { 1, 2, 3 } }));
        Assert.Equal(("", false, 0, 0), Facts(desk.Current));
        // Characters, not units of UTF-16.
        Assert.Equal(EstateCode.Done, await TryAsync(new BannerEdit { Message = string.Concat(Enumerable.Repeat("🐝", 128)) }));
    }

    [Theory, InlineData("server:banner", true, false), InlineData("server:maintenance", false, true), InlineData("*@labs", false, false), InlineData("user:list", false, false)]
    public async Task Banner_and_maintenance_each_have_their_right(string right, bool banner, bool maintenance)
    {
        await using var farm = await LoginFarm.StartAsync();
        await using var desk = await OpenAsync(farm);
        var who = Somebody(right);

        Assert.Equal(banner, (await desk.UpdateAsync(who, new BannerEdit { Message = "Hello" }, Cancellation)).Succeeded);
        Assert.Equal(maintenance, (await desk.UpdateAsync(who, new BannerEdit { Maintenance = false }, Cancellation)).Succeeded);
        Assert.Equal(banner || maintenance, (await desk.UpdateAsync(who, new BannerEdit(), Cancellation)).Succeeded);
    }

    [Fact]
    public async Task In_maintenance_only_those_sign_in_who_may()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.Store.EnsureBuiltInRolesAsync(MasterHost.Access.Accounts.BuiltInRoles.All, Actor.Farm, Cancellation);
        await farm.CreateAsync("mira");
        await farm.CreateAsync("noor", a => a with { Roles = ["operator"] });
        await farm.CreateAsync("omar", a => a with { Roles = [], ExpiresAt = farm.Time.GetUtcNow() });
        await using var desk = await OpenAsync(farm);

        await desk.UpdateAsync(s_superuser, new BannerEdit { Maintenance = true }, Cancellation);

        Assert.IsType<LoginResult.Welcome>(await farm.TryAsync("mira"));
        Assert.IsType<LoginResult.Maintenance>(await farm.TryAsync("noor"));
        // Only with the right password, and after the end date, is it said.
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("noor", "green tractor"));
        Assert.IsType<LoginResult.Expired>(await farm.TryAsync("omar"));
        await desk.UpdateAsync(s_superuser, new BannerEdit { Maintenance = false }, Cancellation);
        Assert.IsType<LoginResult.Welcome>(await farm.TryAsync("noor"));
    }

    [Fact]
    public async Task Draining_ends_the_sessions_of_others_after_a_minute()
    {
        await using var farm = await LoginFarm.StartAsync();
        var (mira, noor) = await TwoAsync(farm);
        await using var desk = await OpenAsync(farm);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        desk.SessionsEnded = _ => { told.TrySetResult(); return Task.CompletedTask; };

        await desk.UpdateAsync(s_superuser, new BannerEdit { Maintenance = true, Drain = true }, Cancellation);
        farm.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(await farm.WhoAsync(noor));
        farm.Time.Advance(TimeSpan.FromSeconds(2));

        await told.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Null(await farm.WhoAsync(noor));
        Assert.NotNull(await farm.WhoAsync(mira));
    }

    [Fact]
    public async Task Maintenance_that_is_over_ends_no_sessions()
    {
        await using var farm = await LoginFarm.StartAsync();
        var (_, noor) = await TwoAsync(farm);
        await using var desk = await OpenAsync(farm);

        await desk.UpdateAsync(s_superuser, new BannerEdit { Maintenance = true, Drain = true }, Cancellation);
        await desk.UpdateAsync(s_superuser, new BannerEdit { Maintenance = false }, Cancellation);
        farm.Time.Advance(TimeSpan.FromSeconds(61));

        Assert.NotNull(await farm.WhoAsync(noor));
        Assert.Null((await farm.Store.ReadBannerAsync(Cancellation)).DrainAt);
    }

    [Fact]
    public async Task An_end_of_sessions_that_was_due_while_the_farm_was_down_is_made_up_for()
    {
        await using var farm = await LoginFarm.StartAsync();
        var (_, noor) = await TwoAsync(farm);
        await using (var desk = await OpenAsync(farm)) await desk.UpdateAsync(s_superuser, new BannerEdit { Maintenance = true, Drain = true }, Cancellation);
        farm.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.NotNull(await farm.WhoAsync(noor));

        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var again = New(farm);
        again.SessionsEnded = _ => { told.TrySetResult(); return Task.CompletedTask; };
        await again.StartAsync(Cancellation);

        await told.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Null(await farm.WhoAsync(noor));
    }

    [Fact]
    public async Task What_another_process_changes_is_shown_here()
    {
        await using var farm = await LoginFarm.StartAsync();
        await using var desk = await OpenAsync(farm);

        await farm.Store.ChangeBannerAsync(_ => new StoredBanner("Back at noon", PngCheckTests.Pixel, true), Actor.Farm, Cancellation);

        await Logins.UntilAsync(() => Task.FromResult(desk.Current.Maintenance));
        Assert.Equal(("Back at noon", true, PngCheckTests.Pixel.Length, 32), Facts(desk.Current));
        Assert.True(farm.Maintenance.IsOn);
        await farm.Store.ChangeBannerAsync(b => b with { Maintenance = false }, Actor.Farm, Cancellation);
        await Logins.UntilAsync(() => Task.FromResult(!farm.Maintenance.IsOn));
    }

    [Fact]
    public async Task An_end_of_sessions_that_another_process_asked_for_happens_here_too()
    {
        await using var farm = await LoginFarm.StartAsync();
        var (mira, noor) = await TwoAsync(farm);
        await using var desk = await OpenAsync(farm);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        desk.SessionsEnded = _ => { told.TrySetResult(); return Task.CompletedTask; };

        await farm.Store.ChangeBannerAsync(b => b with { Maintenance = true, DrainAt = farm.Time.GetUtcNow() + BannerDesk.DrainDelay }, Actor.Farm, Cancellation);
        await Logins.UntilAsync(() => Task.FromResult(desk.Current.Maintenance));
        farm.Time.Advance(BannerDesk.DrainDelay);

        await told.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Null(await farm.WhoAsync(noor));
        Assert.NotNull(await farm.WhoAsync(mira));
        await Logins.UntilAsync(async () => (await farm.Store.ReadBannerAsync(Cancellation)).DrainAt is null);
    }

    [Fact]
    public async Task Where_another_process_was_faster_those_who_live_by_their_sessions_are_told_all_the_same()
    {
        await using var farm = await LoginFarm.StartAsync();
        var (_, noor) = await TwoAsync(farm);
        await using var slow = New(farm, new ManualTimeProvider());
        int told = 0;
        slow.SessionsEnded = _ => { Interlocked.Increment(ref told); return Task.CompletedTask; };
        await slow.StartAsync(Cancellation);
        await using var fast = await OpenAsync(farm);

        await fast.UpdateAsync(s_superuser, new BannerEdit { Maintenance = true, Drain = true }, Cancellation);
        await Logins.UntilAsync(() => Task.FromResult(slow.Current.Maintenance));
        Assert.Equal(0, told);
        farm.Time.Advance(BannerDesk.DrainDelay);

        await Logins.UntilAsync(() => Task.FromResult(Volatile.Read(ref told) > 0));
        Assert.Null(await farm.WhoAsync(noor));
        Assert.Equal((1, true), (told, slow.Current.Maintenance));
    }

    private static (string, bool, int, int) Facts(Banner banner) => (banner.Message, banner.Maintenance, banner.Image.Length, banner.ImageSha256.Length);

    private static async Task<(string Mira, string Noor)> TwoAsync(LoginFarm farm)
    {
        await farm.Store.EnsureBuiltInRolesAsync(MasterHost.Access.Accounts.BuiltInRoles.All, Actor.Farm, Cancellation);
        await farm.CreateAsync("mira");
        await farm.CreateAsync("noor", a => a with { Roles = ["operator"] });
        return ((await farm.LoginAsync("mira")).Token, (await farm.LoginAsync("noor")).Token);
    }

    private static Caller Somebody(string right) => new(new Principal("user:test", [right]), IPAddress.Loopback, "http");

    private static BannerDesk New(LoginFarm farm, TimeProvider? time = null) =>
        new(farm.Store, farm.Tokens, new RefusalBook(farm.Store, farm.Time), farm.Maintenance, time ?? farm.Time, NullLogger<BannerDesk>.Instance);

    private static async Task<BannerDesk> OpenAsync(LoginFarm farm)
    {
        var desk = New(farm);
        await desk.StartAsync(Cancellation);
        return desk;
    }
}
