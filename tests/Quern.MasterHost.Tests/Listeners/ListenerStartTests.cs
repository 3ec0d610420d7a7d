using System.Net;
using System.Net.Sockets;
using Quern.MasterHost.Configuration;
using Quern.Peers.Estate;
using Quern.Testing;
using static Quern.MasterHost.Tests.Listeners.ListenerFarm;

namespace Quern.MasterHost.Tests.Listeners;

/// <summary>What doors are there when a farm starts.</summary>
public sealed class ListenerStartTests
{
    [Fact]
    public async Task Listeners_come_back_as_they_were()
    {
        await using var farm = await StartAsync();
        int port = ListenerDeskTests.FreePort();
        var kept = await farm.CreateAsync(new NewListener("http", "127.0.0.1", port, "kept") { Tls = new ListenerTls.Farm(), Limits = new ListenerLimits(5, 6, TimeSpan.FromSeconds(7)) });
        var stopped = await farm.CreateAsync(new NewListener("leaf", "127.0.0.1", ListenerDeskTests.FreePort(), "stopped"));
        var off = await farm.CreateAsync(new NewListener("leaf", "127.0.0.1", ListenerDeskTests.FreePort(), "off"));
        await farm.UpdateAsync(new ListenerEdit("stopped") { Listening = false });
        await farm.UpdateAsync(new ListenerEdit("off") { Enabled = false });
        await farm.DownAsync();
        await farm.UpAsync();

        var back = farm.Facts("kept");
        Assert.Equal(
            (kept.Id, kept.Open, kept.Limits, kept.Revision, "admin"), (back.Id, back.Open, back.Limits, back.Revision, back.Owner));
        await using var peer = await SecureAsync(back);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(peer));
        Assert.Equal((ListenerState.Listening, ListenerState.Inactive), (farm.Facts("stopped").State, farm.Facts("off").State));
        await AssertClosedAsync(off.Open!);
    }

    [Fact]
    public async Task A_listener_that_cannot_be_opened_at_the_start_has_failed_and_the_farm_runs()
    {
        await using var farm = await StartAsync();
        int port = ListenerDeskTests.FreePort();
        await farm.CreateAsync(new NewListener("leaf", "127.0.0.1", port, "shop"));
        await farm.DownAsync();
        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();
        await farm.UpAsync();

        Assert.Equal(ListenerState.Failed, farm.Facts("shop").State);
        Assert.Contains("another program has this port", farm.Facts("shop").Problem, StringComparison.Ordinal);
        Assert.Equal($"leaf 127.0.0.1:{port}", (await farm.LastEventAsync("listener.failed")).Subject);
        var still = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("shop") { Listening = true }, Cancellation);
        Assert.Equal((EstateCode.AddressInUse, ListenerState.Failed), (still.Code, farm.Facts("shop").State));
        var renamed = await farm.UpdateAsync(new ListenerEdit("shop") { NewName = "store" });
        Assert.Equal(ListenerState.Failed, renamed.State);
        other.Stop();
        var opened = await farm.UpdateAsync(new ListenerEdit("store") { Listening = true });

        Assert.Equal((ListenerState.Listening, ""), (opened.State, opened.Problem));
    }

    [Fact]
    public async Task A_start_that_cannot_be_made_leaves_an_inactive_listener_failed()
    {
        await using var farm = await StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var made = await farm.CreateAsync(new NewListener("leaf", "127.0.0.1", ((IPEndPoint)other.LocalEndpoint).Port, "shop") { Enabled = false });

        var answer = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("shop") { Listening = true }, Cancellation);

        Assert.Equal((ListenerState.Inactive, EstateCode.AddressInUse), (made.State, answer.Code));
        Assert.Equal((ListenerState.Failed, 1L), (farm.Facts("shop").State, farm.Facts("shop").Revision));
        var stopped = await farm.UpdateAsync(new ListenerEdit("shop") { Listening = false });
        Assert.Equal((ListenerState.Inactive, ""), (stopped.State, stopped.Problem));
    }

    [Fact]
    public async Task What_the_file_or_the_command_line_wants_and_cannot_have_stops_the_start()
    {
        await using var farm = await StartAsync();
        await farm.DownAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var wanted = new ListenerSetting("leaf", IPAddress.Loopback, ((IPEndPoint)other.LocalEndpoint).Port);

        foreach (var start in (MasterStart[])[
            await farm.TryUpAsync(FarmConfiguration.Empty with { Listeners = [wanted] }), await farm.TryUpAsync(null, wanted)])
            Assert.Contains("another program has this port", Assert.IsType<MasterStart.Failed>(start).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_file_names_is_refused_with_file_and_key_until_the_file_names_it_no_longer()
    {
        await using var farm = new ListenerFarm();
        var named = FarmConfiguration.Empty with
        {
            File = "/etc/quern.yaml",
            Listeners = [new ListenerSetting("leaf", IPAddress.Loopback, 0) { Name = "shop", Tls = new ListenerTls.Farm(), Limits = new ListenerLimits(9) }],
        };
        await farm.UpAsync(named);
        var first = farm.Facts("shop");

        EstateAnswer[] refused =
        [
            await farm.Desk.UpdateAsync(Boss, new ListenerEdit("shop") { Listening = false }, Cancellation),
            await farm.Desk.UpdateAsync(Boss, new ListenerEdit("shop") { NewName = "mine" }, Cancellation),
            await farm.Desk.RemoveAsync(Boss, "shop", false, 0, Cancellation),
        ];
        Assert.All(refused, a => Assert.Equal(
            (EstateCode.OwnedByFile, "The listener belongs to the configuration file (key 'listeners'); take it out there or change it there: /etc/quern.yaml."), (a.Code, a.Detail)));
        Assert.Equal(("file", true, 9, 1L), (first.Origin, first.Tls, first.Limits.Connections, first.Revision));

        // The same file again changes nothing; another address under the same name is the same listener.
        await farm.DownAsync();
        await farm.UpAsync(named);
        Assert.Equal(1, farm.Facts("shop").Revision);
        await farm.DownAsync();
        await farm.UpAsync(named with { Listeners = [named.Listeners[0] with { Address = IPAddress.Any }] });
        Assert.Equal((first.Id, "0.0.0.0", 2L), (farm.Facts("shop").Id, farm.Facts("shop").Address, farm.Facts("shop").Revision));

        await farm.DownAsync();
        await farm.UpAsync();
        Assert.Equal((false, ListenerState.Inactive), (farm.Facts("shop").Enabled, farm.Facts("shop").State));
        var taken = await farm.UpdateAsync(new ListenerEdit("shop") { Enabled = true });
        Assert.Equal(("api", ListenerState.Listening), (taken.Origin, taken.State));
    }

    [Fact]
    public async Task A_name_of_the_file_that_somebody_took_stops_the_start_with_what_to_do()
    {
        await using var farm = await StartAsync();
        await farm.CreateAsync(new NewListener("leaf", "127.0.0.1", 0, "shop"));
        await farm.DownAsync();

        var start = await farm.TryUpAsync(FarmConfiguration.Empty with { Listeners = [new ListenerSetting("branch", IPAddress.Loopback, 0) { Name = "Shop" }] });

        Assert.Contains("give one of them another", Assert.IsType<MasterStart.Failed>(start).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_door_of_API_and_pages_is_the_files_when_the_file_names_it()
    {
        await using var farm = new ListenerFarm();
        await farm.UpAsync(FarmConfiguration.Empty with { Http = new IPEndPoint(IPAddress.Loopback, 0) });

        var answer = await farm.Desk.RemoveAsync(Boss, "main", false, 0, Cancellation);

        Assert.Equal("file", farm.Facts("main").Origin);
        Assert.Equal((EstateCode.OwnedByFile, "The listener belongs to the configuration file (key 'http'); change it there."), (answer.Code, answer.Detail));
    }
}
