using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Testing;
using static Quern.MasterHost.Tests.Listeners.ListenerFarm;

namespace Quern.MasterHost.Tests.Listeners;

/// <summary>Doors of a running farm, on real sockets.</summary>
public sealed class ListenerDeskTests
{
    [Theory]
    [InlineData("http", "http")]
    [InlineData("buildbot-pb", "buildbot-pb")]
    [InlineData("buildbot-msgpack", "buildbot-msgpack")]
    [InlineData("branch", "branch")]
    [InlineData("leaf", "leaf")]
    public async Task Every_protocol_is_opened_and_tells_the_port_that_was_picked(string protocol, string name)
    {
        await using var farm = await StartAsync();

        var made = await farm.CreateAsync(new NewListener(protocol, "127.0.0.1", 0));
        using var peer = await ConnectAsync(made);

        Assert.Equal((name, ListenerState.Listening, 0, true, "api", "admin", 1L), (made.Name, made.State, made.Port, made.Enabled, made.Origin, made.Owner, made.Revision));
        Assert.NotEqual(0, made.Open!.Port);
        Assert.Equal($"{protocol} 127.0.0.1:{made.Open.Port}", (await farm.LastEventAsync("listener.opened")).Subject);
        var saved = JsonNode.Parse((await farm.LastEventAsync("listener.saved")).Data)!;
        Assert.Equal(("192.0.2.7", "admin", protocol), (saved["address"]!.ToString(), saved["door"]!.ToString(), saved["after"]!["protocol"]!.ToString()));
    }

    [Fact]
    public async Task A_build_without_an_admin_door_says_so()
    {
        await using var farm = await StartAsync();

        // Another build may have one; then it opens, always within TLS.
        var answer = await farm.Desk.CreateAsync(Boss, new NewListener("", "127.0.0.1", 0), Cancellation);

        if (answer.Succeeded) Assert.True(farm.Facts(answer.Id).Tls);
        else Assert.Equal((EstateCode.BindFailed, "admin cannot listen on 127.0.0.1:0: this build has no admin door."), (answer.Code, answer.Detail));
    }

    [Fact]
    public async Task What_cannot_be_had_leaves_nothing_behind()
    {
        await using var farm = await StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int taken = ((IPEndPoint)other.LocalEndpoint).Port;
        var own = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "Side door"));

        async Task RefusedAsync(EstateCode code, string field, string text, NewListener wanted)
        {
            var answer = await farm.Desk.CreateAsync(Boss, wanted, Cancellation);
            Assert.Equal((code, field), (answer.Code, answer.Field));
            Assert.Contains(text, answer.Detail, StringComparison.Ordinal);
            Assert.Equal(answer.Detail, JsonNode.Parse((await farm.LastEventAsync("listener.refused")).Data)!["reason"]!.ToString());
        }
        await RefusedAsync(EstateCode.AddressInUse, "port", "another program has this port", new NewListener("leaf", "127.0.0.1", taken));
        await RefusedAsync(EstateCode.AddressInUse, "port", "the farm's own listener 'Side door' (http)", new NewListener("leaf", "0.0.0.0", own.Open!.Port));
        await RefusedAsync(EstateCode.BindFailed, "address", "this machine has no such address", new NewListener("leaf", "192.0.2.1", 0));
        await RefusedAsync(EstateCode.InvalidAddress, "address", "'nowhere' is not an IP address", new NewListener("leaf", "nowhere", 0));
        await RefusedAsync(EstateCode.InvalidAddress, "address", "is not an IP address", new NewListener("leaf", "127.1", 0));
        await RefusedAsync(EstateCode.InvalidAddress, "address", "is not an IP address", new NewListener("leaf", "224.0.0.1", 0));
        await RefusedAsync(EstateCode.InvalidAddress, "address", "is not an IP address", new NewListener("leaf", "255.255.255.255", 0));
        await RefusedAsync(EstateCode.InvalidAddress, "address", "is not an IP address", new NewListener("leaf", "ff02::1", 0));
        await RefusedAsync(EstateCode.AddressInUse, "port", "the farm's own listener 'Side door' (http)", new NewListener("leaf", "::ffff:127.0.0.1", own.Open!.Port));
        await RefusedAsync(EstateCode.InvalidAddress, "address", "'' is not an IP address", new NewListener("leaf", "", 0));
        await RefusedAsync(EstateCode.InvalidPort, "port", "from 0 to 65535", new NewListener("leaf", "127.0.0.1", -1));
        await RefusedAsync(EstateCode.InvalidPort, "port", "from 0 to 65535", new NewListener("leaf", "127.0.0.1", 65536));
        await RefusedAsync(EstateCode.InvalidName, "name", "is not a name", new NewListener("leaf", "127.0.0.1", 0, "4711"));
        await RefusedAsync(EstateCode.InvalidName, "name", "is not a name", new NewListener("leaf", "127.0.0.1", 0, "\n"));
        await RefusedAsync(EstateCode.InvalidName, "name", "is not a name", new NewListener("leaf", "127.0.0.1", 0, new string('x', 49)));
        await RefusedAsync(EstateCode.NameTaken, "name", "There is a listener", new NewListener("leaf", "127.0.0.1", 0, "SIDE door"));
        await RefusedAsync(EstateCode.InvalidOptions, "protocol", "'telnet' is not a protocol", new NewListener("telnet", "127.0.0.1", 0));
        await RefusedAsync(EstateCode.InvalidOptions, "revisions", "has none", new NewListener("leaf", "127.0.0.1", 0) { Revisions = "v7" });
        await RefusedAsync(EstateCode.InvalidOptions, "limits", "'connections'", new NewListener("leaf", "127.0.0.1", 0) { Limits = new ListenerLimits(-1) });
        await RefusedAsync(EstateCode.InvalidOptions, "limits", "'handshake_seconds'", new NewListener("leaf", "127.0.0.1", 0) { Limits = new ListenerLimits(Handshake: TimeSpan.FromDays(1)) });
        await RefusedAsync(EstateCode.InvalidCertificate, "tls", "there is no certificate in it", new NewListener("leaf", "127.0.0.1", 0) { Tls = new ListenerTls.Given(default, default) });
        await RefusedAsync(EstateCode.InvalidCertificate, "tls", "absolute paths", new NewListener("leaf", "127.0.0.1", 0) { Tls = new ListenerTls.Files("a", "b") });
        await RefusedAsync(EstateCode.InvalidCertificate, "tls", "cannot be read", new NewListener("leaf", "127.0.0.1", 0) { Tls = new ListenerTls.Files("/none/a", "/none/b") });

        Assert.Equal(["main", "Side door"], farm.Desk.List(Boss)!.Value.Select(l => l.Name).Order(StringComparer.Ordinal).Reverse());
        Assert.Single(await farm.Master.Store.ListListenersAsync(Cancellation));
    }

    [Fact]
    public void A_port_that_needs_a_privilege_is_told_as_that() => Assert.Contains(
        "ports below 1024 need a right that this user does not have. Choose a higher port.",
        PortProblem.Explain("admin", new IPEndPoint(IPAddress.Any, 443), new SocketException((int)SocketError.AccessDenied)), StringComparison.Ordinal);

    [Fact]
    public async Task Who_lacks_the_right_is_refused_and_that_is_written_down()
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("leaf", "127.0.0.1", 0, "shop"));
        var viewer = Boss with { Principal = new Principal("user:noor", [Right.JobRead]) };

        EstateCode[] codes =
        [
            (await farm.Desk.CreateAsync(viewer, new NewListener("http", "127.0.0.1", 0), Cancellation)).Code,
            (await farm.Desk.UpdateAsync(viewer, new ListenerEdit("shop") { Listening = false }, Cancellation)).Code,
            (await farm.Desk.RemoveAsync(viewer, "shop", true, 0, Cancellation)).Code,
        ];

        Assert.All(codes, c => Assert.Equal(EstateCode.Denied, c));
        Assert.Null(farm.Desk.List(viewer));
        Assert.Equal((made.Open, made.State, made.Revision), (farm.Facts("shop").Open, farm.Facts("shop").State, farm.Facts("shop").Revision));
        var told = await farm.LastEventAsync("listener.refused");
        Assert.Equal(("shop", "user:noor"), (told.Subject, told.Actor));
    }

    [Fact]
    public async Task A_moved_listener_is_open_at_the_new_place_before_the_old_one_is_closed_and_its_connections_stay()
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "side"));
        var other = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "other"));
        using var before = await ConnectAsync(made);
        using var elsewhere = await ConnectAsync(other);
        Assert.Equal(("HTTP/1.1 200 OK", "HTTP/1.1 200 OK"), (await AskAsync(before.GetStream()), await AskAsync(elsewhere.GetStream())));
        int port = FreePort();

        var moved = await farm.UpdateAsync(new ListenerEdit("side") { Port = port, ExpectedRevision = 1 });

        Assert.Equal((port, port, 2L, 1), (moved.Port, moved.Open!.Port, moved.Revision, moved.ActiveConnections));
        await AssertClosedAsync(made.Open!);
        using var after = await ConnectAsync(moved);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(after.GetStream()));
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(before.GetStream()));
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(elsewhere.GetStream()));
        Assert.Equal(other.Open, farm.Facts("other").Open);
        Assert.Equal(EstateCode.Outdated, (await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Port = 0, ExpectedRevision = 1 }, Cancellation)).Code);
    }

    [Fact]
    public async Task A_move_that_cannot_be_made_leaves_the_old_door_open()
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "side"));
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var answer = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Port = ((IPEndPoint)other.LocalEndpoint).Port, NewName = "new" }, Cancellation);
        var badTls = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Tls = new ListenerTls.Given("x"u8.ToArray(), "y"u8.ToArray()) }, Cancellation);
        var badName = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { NewName = "MAIN" }, Cancellation);
        var badOwner = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { NewOwner = "ghost", Port = FreePort() }, Cancellation);

        Assert.Equal(
            (EstateCode.AddressInUse, EstateCode.InvalidCertificate, EstateCode.NameTaken, EstateCode.UnknownUser), (answer.Code, badTls.Code, badName.Code, badOwner.Code));
        var now = farm.Facts("side");
        Assert.Equal((made.Open, ListenerState.Listening, 1L), (now.Open, now.State, now.Revision));
        using var peer = await ConnectAsync(now);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(peer.GetStream()));
    }

    [Fact]
    public async Task A_listener_can_take_in_its_own_address_and_comes_back_when_it_cannot()
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "side"));
        using var before = await ConnectAsync(made);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(before.GetStream()));
        int port = made.Open!.Port;

        var wide = await farm.UpdateAsync(new ListenerEdit("side") { Address = "0.0.0.0", Port = port });
        Assert.Equal(new IPEndPoint(IPAddress.Any, port), wide.Open);
        // That name is another's, which the store alone finds out.
        var refused = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Address = "127.0.0.1", NewOwner = "ghost" }, Cancellation);

        Assert.Equal(EstateCode.UnknownUser, refused.Code);
        Assert.Equal((new IPEndPoint(IPAddress.Any, port), ListenerState.Listening), (farm.Facts("side").Open, farm.Facts("side").State));
        using var after = await ConnectAsync(farm.Facts("side"));
        Assert.Equal(("HTTP/1.1 200 OK", "HTTP/1.1 200 OK"), (await AskAsync(after.GetStream()), await AskAsync(before.GetStream())));
    }

    [Fact]
    public async Task A_stopped_listener_lets_its_connections_end_and_can_be_started_again()
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", FreePort(), "side"));
        var peer = await ConnectAsync(made);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(peer.GetStream()));

        var stopped = await farm.UpdateAsync(new ListenerEdit("side") { Listening = false });
        await AssertClosedAsync(made.Open!);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(peer.GetStream()));
        var again = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Listening = false }, Cancellation);
        var drained = NextAsync(farm, "listener.drained");
        peer.Dispose();
        Assert.Equal("its last connections have ended", JsonNode.Parse((await drained).Data)!["reason"]!.ToString());
        var started = await farm.UpdateAsync(new ListenerEdit("side") { Listening = true });
        var twice = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Listening = true }, Cancellation);

        Assert.Equal((ListenerState.Inactive, true, 1, null), (stopped.State, stopped.Enabled, stopped.ActiveConnections, stopped.Open));
        Assert.Equal((EstateCode.InvalidState, EstateCode.InvalidState), (again.Code, twice.Code));
        Assert.Equal((ListenerState.Listening, made.Open, 0, 1L), (started.State, started.Open, started.ActiveConnections, started.Revision));
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, 1)]
    public async Task A_stop_closes_connections_at_once_or_when_time_is_over(bool atOnce, int? seconds)
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "side"));
        using var peer = await ConnectAsync(made);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(peer.GetStream()));
        var drained = NextAsync(farm, "listener.drained");

        await farm.UpdateAsync(new ListenerEdit("side") { Listening = false, CloseConnections = atOnce, Drain = seconds is { } s ? TimeSpan.FromSeconds(s) : null });
        await EndAsync(peer.GetStream());

        Assert.Equal("1 connections were closed", JsonNode.Parse((await drained).Data)!["reason"]!.ToString());
        Assert.Equal(0, farm.Facts("side").ActiveConnections);
    }

    [Fact]
    public async Task A_removed_listener_is_gone_and_its_connections_stay_unless_asked()
    {
        await using var farm = await StartAsync();
        var stays = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "one"));
        var goes = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "two"));
        using var first = await ConnectAsync(stays);
        using var second = await ConnectAsync(goes);
        Assert.Equal(("HTTP/1.1 200 OK", "HTTP/1.1 200 OK"), (await AskAsync(first.GetStream()), await AskAsync(second.GetStream())));

        Assert.Equal(EstateCode.Outdated, (await farm.Desk.RemoveAsync(Boss, "one", false, 7, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Desk.RemoveAsync(Boss, "one", false, 1, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Desk.RemoveAsync(Boss, $"{goes.Id}", true, 0, Cancellation)).Code);
        Assert.Equal(EstateCode.NotFound, (await farm.Desk.RemoveAsync(Boss, "one", true, 0, Cancellation)).Code);

        await EndAsync(second.GetStream());
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(first.GetStream()));
        await AssertClosedAsync(stays.Open!);
        await AssertClosedAsync(goes.Open!);
        Assert.Equal(["main"], farm.Desk.List(Boss)!.Value.Select(l => l.Name));
    }

    [Fact]
    public async Task The_last_door_for_people_can_be_neither_stopped_nor_removed()
    {
        await using var farm = await StartAsync();
        await farm.CreateAsync(new NewListener("leaf", "127.0.0.1", 0));

        var stop = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("main") { Listening = false }, Cancellation);
        var remove = await farm.Desk.RemoveAsync(Boss, "main", false, 0, Cancellation);
        var side = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "side"));
        var main = farm.Facts("main");
        Assert.Equal(EstateCode.Done, (await farm.Desk.UpdateAsync(Boss, new ListenerEdit("main") { Listening = false }, Cancellation)).Code);
        EstateCode[] last =
        [
            (await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Listening = false }, Cancellation)).Code,
            (await farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Enabled = false }, Cancellation)).Code,
            (await farm.Desk.RemoveAsync(Boss, "side", false, 0, Cancellation)).Code,
        ];

        Assert.Equal((EstateCode.InvalidState, EstateCode.LastListener), (stop.Code, remove.Code));
        Assert.Equal([EstateCode.InvalidState, EstateCode.InvalidState, EstateCode.LastListener], last);
        await AssertClosedAsync(main.Open!);
        using var peer = await ConnectAsync(side);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(peer.GetStream()));
    }

    [Fact]
    public async Task What_the_command_line_opened_can_be_stopped_but_not_changed()
    {
        await using var farm = await StartAsync();

        var change = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("main") { Port = FreePort() }, Cancellation);

        Assert.Equal(EstateCode.InvalidState, change.Code);
        Assert.Equal(("command", ListenerState.Listening, farm.Master.Http), (farm.Facts("main").Origin, farm.Facts("main").State, farm.Facts("main").Open));
        Assert.True(farm.Facts("main").Id < 0);
    }

    [Fact]
    public async Task Limits_of_a_listener_hold_and_change_while_it_is_open()
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "side") { Limits = new ListenerLimits(1) });
        using var first = await ConnectAsync(made);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(first.GetStream()));
        using var second = await ConnectAsync(made);
        await EndAsync(second.GetStream());

        var wider = await farm.UpdateAsync(new ListenerEdit("side") { Limits = new ListenerLimits(2, ListenerLimits.Unchanged, TimeSpan.FromSeconds(3)) });
        using var third = await ConnectAsync(made);

        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(third.GetStream()));
        Assert.Equal((made.Open, new ListenerLimits(2, 0, TimeSpan.FromSeconds(3))), (wider.Open, wider.Limits));
        var now = farm.Facts("side");
        Assert.Equal((2, 2L, 1L, 1L, 0L), (now.ActiveConnections, now.Accepted, now.Refused, now.RefusedBy["too_many"], now.RefusedBy["too_fast"]));
    }

    [Fact]
    public async Task Two_who_change_one_listener_do_not_overwrite_each_other()
    {
        await using var farm = await StartAsync();
        await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "side"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
            farm.Desk.UpdateAsync(Boss, new ListenerEdit("side") { Limits = new ListenerLimits(10 + i), ExpectedRevision = 1 }, Cancellation)));

        Assert.Equal(3, answers.Count(a => a.Code == EstateCode.Outdated));
        Assert.Equal(2, answers.Single(a => a.Succeeded).Revision);
    }

    internal static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    /// <summary>The next event of a kind; ask before it can happen.</summary>
    private static async Task<FarmEvent> NextAsync(ListenerFarm farm, string kind)
    {
        long after = farm.Master.Store.LastSequence;
        while (true)
        {
            foreach (var e in await farm.Master.Store.ReadJournalAsync(after, 1000, Cancellation))
            {
                if (e.Kind == kind) return e;
                after = e.Sequence;
            }
            await farm.Master.Store.WaitPastAsync(after, Cancellation).WaitAsync(Patience, Cancellation);
        }
    }
}
