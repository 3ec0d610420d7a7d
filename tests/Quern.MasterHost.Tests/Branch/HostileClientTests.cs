using System.Text;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Peers.Branch;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>Peers that break the protocol, stall, flood or listen badly, and others beside them who are served all the same.</summary>
public sealed class HostileClientTests
{
    private const string Login = """{"command":"AUTH","payload":{"machine_identifier":"dev1","machine_type":"CONTROLLER","machine_authkey":"default","machine_version":1}}""";

    [Theory]
    [InlineData("x")]
    [InlineData(" ")]
    [InlineData("0 ")]
    [InlineData("-5 hello")]
    [InlineData("12345678901 x")]
    [InlineData("9999999999 x")]
    [InlineData("65537 x")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("5 {\"a\":")]
    public async Task What_is_no_frame_closes_the_connection_without_a_word(string bytes)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var peer = await farm.ConnectAsync();

        await peer.WriteAsync(bytes);
        await peer.ExpectCloseAsync();

        await using var other = await farm.V2Async();
    }

    [Fact]
    public async Task A_frame_that_is_cut_short_is_the_end_and_not_a_loop()
    {
        await using var farm = await BranchFarm.StartAsync();
        var peer = await farm.V2Async();
        await peer.WriteAsync("100 {\"command\"");
        await peer.DisposeAsync();

        await farm.UntilAsync(async () => (await farm.EventsAsync("client.disconnected")).Any(e => e.Data.Contains("in the middle of a frame", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Requests_in_one_packet_are_answered_in_order_each_in_a_write_of_its_own()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var peer = await farm.ConnectAsync();
        string ask(int i) => BranchPeer.Frame($$"""{"command":"CHECKOUT","payload":"p{{i}}"}""");

        await peer.WriteAsync(BranchPeer.Frame(Login) + string.Concat(Enumerable.Range(0, 50).Select(ask)) + BranchPeer.Frame("""{"command":"GETMANAGEDPKGS"}"""));

        Assert.Contains("Authentication completed.", await peer.ReadAsync(), StringComparison.Ordinal);
        for (int i = 0; i < 50; i++) Assert.Contains("Packagebuild not found.", await peer.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"statuscode": 200, "payload": []}""", await peer.ReadAsync());
    }

    [Fact]
    public async Task A_login_in_single_bytes_is_a_login()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var peer = await farm.ConnectAsync();

        foreach (byte b in Encoding.UTF8.GetBytes(BranchPeer.Frame(Login))) await peer.WriteAsync(new[] { b });

        Assert.Contains("Authentication completed.", await peer.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_cut_short_leaves_nothing_behind()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using (var dev = await Controller.ConnectAsync(farm, "V2.1"))
        {
            Assert.True(dev.IsDone(await dev.AnnounceSourceAsync("f", "d", 1000)));
            await dev.Peer.WriteAsync(new byte[999]);
        }
        await farm.UntilAsync(async () => (await farm.EventsAsync("client.disconnected")).Any(e => e.Data.Contains("in the middle of a file", StringComparison.Ordinal)));

        Assert.Empty(Directory.GetFiles(Path.Combine(farm.BlobFolder, "staging")));
        Assert.Empty(await farm.Store.ListSourcesAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_file_that_is_never_completed_leaves_nothing_behind_and_a_second_replaces_it()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using (var dev = await Controller.ConnectAsync(farm, "V1"))
        {
            Assert.True(dev.IsDone(await dev.AnnounceSourceAsync("first", "d", 3)));
            Assert.True(dev.IsDone(await dev.SendSourceAsync("abc"u8.ToArray())));
            Assert.True(dev.IsDone(await dev.AnnounceSourceAsync("second", "d", 4)));
            Assert.True(dev.IsDone(await dev.SendSourceAsync("defg"u8.ToArray())));
            Assert.True(dev.IsDone(await dev.CompleteSourceAsync()));
            Assert.True(dev.IsDone(await dev.AnnounceSourceAsync("third", "d", 5)));
            Assert.True(dev.IsDone(await dev.SendSourceAsync("hijkl"u8.ToArray())));
        }
        await farm.UntilAsync(async () => !(await farm.EventsAsync("client.disconnected")).IsEmpty);

        Assert.Empty(Directory.GetFiles(Path.Combine(farm.BlobFolder, "staging")));
        Assert.Equal("second", Assert.Single(await farm.Store.ListSourcesAsync(CancellationToken.None)).Filename);
    }

    [Fact]
    public async Task Bytes_of_a_file_that_look_like_frames_are_the_files()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V1");
        byte[] tricky = Encoding.ASCII.GetBytes("4 PING8 !INVALID0 ");

        await dev.Peer.WriteAsync(BranchPeer.Frame($$"""TRANSFER_EXTRA_SOURCE {"description":"d","filename":"f","filelen":"{{tricky.Length}}"}""") + Encoding.ASCII.GetString(tricky) + BranchPeer.Frame("COMPLETE_TRANSFER"));

        Assert.Equal("CMD_OK", await dev.Peer.ReadAsync());
        Assert.Equal("UPLOAD_ACK", await dev.Peer.ReadAsync());
        Assert.Equal("CMD_OK", await dev.Peer.ReadAsync());
        Assert.Equal(Sha256Hash.Of(tricky), Assert.Single(await farm.Store.ListSourcesAsync(CancellationToken.None)).Sha256);
    }

    [Fact]
    public async Task A_stranger_who_says_nothing_is_let_go()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var door = new BranchDoorway(farm, new BranchOptions { LoginDeadline = TimeSpan.FromMilliseconds(200) });
        await using var silent = await door.ConnectAsync();
        await using var slow = await door.ConnectAsync();
        await slow.WriteAsync("12 AUTH de");

        await silent.ExpectCloseAsync();
        await slow.ExpectCloseAsync();
    }

    [Fact]
    public async Task A_client_may_be_silent_between_requests_and_not_within_one()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var door = new BranchDoorway(farm, new BranchOptions { LoginDeadline = TimeSpan.FromSeconds(2), StallDeadline = TimeSpan.FromMilliseconds(200) });
        await using var quiet = await door.ConnectAsync();
        await quiet.LogOnAsync(name: "quiet");
        await using var stalled = await door.ConnectAsync();
        await stalled.LogOnAsync(name: "stalled");
        await using var sending = await door.ConnectAsync();
        await sending.LogOnV1Async(name: "sending");

        await stalled.WriteAsync("50 {");
        Assert.Equal("CMD_OK", await sending.AskAsync("""TRANSFER_EXTRA_SOURCE {"description":"d","filename":"f","filelen":9}"""));
        await sending.WriteAsync("12345678");

        await stalled.ExpectCloseAsync();
        await sending.ExpectCloseAsync();
        Assert.Equal(200, (int)(await quiet.AskAsync("GETMANAGEDPKGS", ""))["statuscode"]!);
    }

    [Fact]
    public async Task Who_does_not_take_the_answers_is_let_go_and_others_are_served()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var door = new BranchDoorway(farm, new BranchOptions { SendDeadline = TimeSpan.FromMilliseconds(500), MaxParallelRequests = 1 });
        await using var deaf = await door.ConnectAsync();
        deaf.Socket.ReceiveBufferSize = 4096;
        await deaf.LogOnAsync(name: "deaf");
        var big = BranchFarm.Recipe("big");
        big["build_script"] = new JsonArray([.. Enumerable.Range(0, 20_000).Select(_ => (JsonNode)new string('x', 50))]);
        await using var other = await door.ConnectAsync();
        await other.LogOnAsync(name: "other");
        Assert.Equal(200, (int)(await other.AskAsync("SUBMIT", big))["statuscode"]!);

        // Answers of a megabyte each, of which not one is read.
        string ask = BranchPeer.Frame("""{"command":"CHECKOUT","payload":"big"}""");
        await deaf.WriteAsync(string.Concat(Enumerable.Repeat(ask, 40)));
        for (int i = 0; i < 5; i++) Assert.Equal(400, (int)(await other.AskAsync("CHECKOUT", "nope"))["statuscode"]!);

        await farm.UntilAsync(async () => (await farm.EventsAsync("client.disconnected")).Any(e => e.Subject == "deaf" && e.Data.Contains("did not take an answer", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_crowd_of_strangers_does_not_keep_clients_out_who_are_in()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var door = new BranchDoorway(farm, new BranchOptions { MaxStrangers = 4 });
        await using var dev = await door.ConnectAsync();
        await dev.LogOnAsync();
        var crowd = new List<BranchPeer>();
        for (int i = 0; i < 4; i++) crowd.Add(await door.ConnectAsync());
        // That they are being served shows in an answer.
        foreach (var stranger in crowd) Assert.Equal("INV_CMD", await stranger.AskAsync("HELLO"));

        await using var late = await door.ConnectAsync();
        await late.ExpectCloseAsync();

        Assert.Equal(200, (int)(await dev.AskAsync("GETMANAGEDPKGS", ""))["statuscode"]!);
        foreach (var stranger in crowd) await stranger.DisposeAsync();
    }

    [Fact]
    public async Task Guessing_keys_ends_the_connection_and_is_kept_once()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var door = new BranchDoorway(farm, new BranchOptions { MaxRefusals = 3, RefusalDelay = TimeSpan.FromMilliseconds(10) });
        await using var old = await door.ConnectAsync();
        await using var young = await door.ConnectAsync();

        for (int i = 0; i < 3; i++) Assert.Equal("INV_AUTH_KEY", await old.AskAsync($"AUTH guess{i}"));
        for (int i = 0; i < 3; i++) Assert.Equal("Authkey is invalid.", (await young.LogOnAsync($"guess{i}"))["payload"]!.ToString());

        await old.ExpectCloseAsync();
        await young.ExpectCloseAsync();
        await farm.UntilAsync(async () => !(await farm.EventsAsync("client.refused")).IsEmpty);
        var kept = Assert.Single(await farm.EventsAsync("client.refused"));
        Assert.Contains("wrong key", kept.Data, StringComparison.Ordinal);
        Assert.DoesNotContain("guess", kept.Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("V1")]
    [InlineData("V2.1")]
    public async Task When_the_master_fails_on_a_request_the_client_hears_so_and_goes_on(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var door = new BranchDoorway(farm, new BranchOptions(), gate => new FailingGate(gate));
        await using var peer = await door.ConnectAsync();
        if (dialect == "V1") await peer.LogOnV1Async();
        else await peer.LogOnAsync();

        string failed = dialect == "V1" ? await peer.AskAsync("GET_LOCKED_PACKAGES") : (await peer.AskAsync("GETSYSLOG", null)).ToJsonString();
        string next = dialect == "V1" ? await peer.AskAsync("MANAGED_PACKAGES") : (await peer.AskAsync("GETMANAGEDPKGS", null))["payload"]!.ToJsonString();

        if (dialect == "V1") Assert.Equal("EXCEPTION_RAISED", failed);
        else Assert.StartsWith("""{"statuscode":500,"payload":"An endpoint handler function raised""", failed, StringComparison.Ordinal);
        Assert.Equal("[]", next);
        await farm.UntilAsync(async () => !(await farm.EventsAsync("client.failed")).IsEmpty);
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Five_hundred_controllers_at_once_are_all_served()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using (var dev = await Controller.ConnectAsync(farm, "V2.1"))
            await dev.GiveAsync(BranchFarm.Recipe("a"), BranchFarm.Recipe("b", ["a"]));

        var peers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => i % 2 == 0 ? farm.V1Async(name: $"c{i}") : farm.V2Async(name: $"c{i}")));
        var answers = await Task.WhenAll(peers.Select((p, i) => i % 2 == 0
            ? p.AskAsync("GET_DEPENDERS a")
            : p.AskAsync("""{"command":"GETDEPENDERS","payload":"a"}""")));

        Assert.All(answers.Where((_, i) => i % 2 == 0), a => Assert.Equal("""{"releasebuild": ["b"], "crossbuild": []}""", a));
        Assert.All(answers.Where((_, i) => i % 2 == 1), a => Assert.Equal("""{"statuscode": 200, "payload": {"releasebuild": ["b"], "crossbuild": []}}""", a));
        Assert.Equal(500, JsonNode.Parse(await peers[0].AskAsync("CONNECTED_CONTROLLERS"))!.AsArray().Count);
        foreach (var peer in peers) await peer.DisposeAsync();
    }

    /// <summary>Fails where it is asked about two commands; all else is as it is.</summary>
    private sealed class FailingGate(IBranchGate gate) : IBranchGate
    {
        public bool AsksForKeys => gate.AsksForKeys;

        public string UntrustedGroup => gate.UntrustedGroup;

        public string? GroupOf(string? key) => gate.GroupOf(key);

        public string? MissingRight(BranchClient client, Protocols.Branch.BranchCommand command) =>
            command is Protocols.Branch.BranchCommand.LockedPackages or Protocols.Branch.BranchCommand.SystemLog
                ? throw new InvalidOperationException("planted")
                : gate.MissingRight(client, command);

        public string PackageListUrl(System.Net.IPAddress? reachedAt) => gate.PackageListUrl(reachedAt);

        public ValueTask CameAsync(BranchClient client) => gate.CameAsync(client);

        public ValueTask WentAsync(BranchClient client, string reason) => gate.WentAsync(client, reason);

        public void Refused(string name, string remote, string reason) => gate.Refused(name, remote, reason);

        public bool TakesBots(string group) => gate.TakesBots(group);

        public bool IsAccount(Quern.Model.WorkerName name) => gate.IsAccount(name);

        public bool Joined(Quern.Peers.Dispatch.IRecipeLink bot) => gate.Joined(bot);

        public void BotIsReady() => gate.BotIsReady();

        public ValueTask ReportedAsync(BranchClient client, string text) => gate.ReportedAsync(client, text);

        public void Failed(BranchClient client, Protocols.Branch.BranchCommand command, Exception error) => gate.Failed(client, command, error);

        public void Ended(string name, string remote, string reason) => gate.Ended(name, remote, reason);
    }
}
