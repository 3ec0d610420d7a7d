using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>
/// The requests of a real master of 3.5.0, from a capture, made again to our worker. Its answers, and what its commands say, must be those
/// of the real worker.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class SeedReplayTests : SeedFixture
{
    [Fact]
    public async Task Our_worker_says_what_the_real_worker_said()
    {
        var capture = new SeedCapture("builds");
        StartWorker();
        var conversation = await Master.NextAsync();
        WireValue.Map? auth = await conversation.ReceiveAsync("auth");
        Assert.Equal(capture.PasswordOfAuth, auth["password"]);
        int commands = 0, requests = 0;

        foreach (var request in capture.MasterRequests)
        {
            // The real master answers the login when the worker is attached; the first build begins with a ping.
            if (auth is not null && request["message"] == (WireValue)"ping")
            {
                await conversation.RespondAsync(auth, true);
                auth = null;
            }
            string operation = ((WireValue.Text)request["op"]!).Value;
            if (operation == "interrupt_command") continue;   // in its place below
            requests++;
            bool refused = capture.WasRefused(request);
            if (operation == "start_command" && !refused)
            {
                await PlayAsync(capture, conversation, request);
                commands++;
                continue;
            }
            var response = await conversation.RequestAsync(operation, Keys(request));
            Assert.Equal(refused, response["is_exception"] is not null);
            if (operation == "set_builder_list") Assert.Equal(capture.ResultOf(request), response["result"]);
            if (refused) Assert.Equal(capture.ResultOf(request), response["result"]);
        }

        Assert.Equal(0, await Running.WaitAsync(SeedMaster.Patience, TestContext.Current.CancellationToken));
        Assert.Equal((19, 36 - 1), (commands, requests));
    }

    /// <summary>The real master answers false; a stock worker then closes the connection and comes back.</summary>
    [Fact]
    public async Task A_refused_login_ends_as_the_real_one_did()
    {
        var capture = new SeedCapture("auth-fail");
        StartWorker("wrong-password");
        var conversation = await Master.NextAsync();
        var auth = await conversation.ReceiveAsync("auth");

        Assert.Equal(capture.PasswordOfAuth, auth["password"]);
        await conversation.RespondAsync(auth, capture.ResultOfAuth);

        await conversation.LeftAsync();
        Assert.Equal("auth", ((WireValue.Text)(await (await Master.NextAsync()).ReceiveAsync())["op"]!).Value);
    }

    private static async Task PlayAsync(SeedCapture capture, SeedConversation conversation, WireValue.Map start)
    {
        string id = ((WireValue.Text)start["command_id"]!).Value;
        var real = capture.CommandOf(id);
        var ours = await conversation.StartAsync(start);
        foreach (var answer in capture.ReadsOf(id)) ours.Blocks.Enqueue(answer);
        foreach (var (operation, text) in capture.RefusalsOf(id)) ours.Refusals[operation] = text;
        if (capture.InterruptOf(id) is { } interrupt)
        {
            await conversation.ServeAsync(() => ours["stdout"].Length > 0);
            Assert.Equal(WireValue.Nil.Value, await conversation.AskAsync("interrupt_command", Keys(interrupt)));
        }
        await conversation.ServeAsync(() => ours.IsComplete);

        Assert.Equal((id, real.Calls, real.Keys), (id, ours.Calls, ours.Keys));
        Assert.Equal((id, real.ReturnCode, real.Failure is null), (id, ours.ReturnCode, ours.Failure is null));
        foreach (string stream in (string[])["stderr", "log l.txt"]) Assert.Equal((id, real[stream]), (id, ours[stream]));
        // A followed file is read from its size at the first poll, which may fall before or after the command's first line; so on both sides.
        Assert.EndsWith(real["log f"], ours["log f"]);
        Assert.EndsWith(ours["log f"], ours["log l.txt"]);
        // What cp prints has the folder in it.
        if (start["command_name"] != (WireValue)"cpdir") Assert.Equal((id, real["stdout"]), (id, ours["stdout"]));
        Assert.Equal(real.Stat?.Items.Length, ours.Stat?.Items.Length);
        Assert.Equal(Names(real.Files), Names(ours.Files));
    }

    private static (string Key, WireValue Value)[] Keys(WireValue.Map request) =>
        [.. request.Entries.Where(e => e.Key is not ("op" or "seq_number")).Select(e => (e.Key, e.Value))];

    private static IEnumerable<string>? Names(WireValue.List? files) =>
        files?.Items.Select(i => Path.GetFileName(((WireValue.Text)i).Value)).Order(StringComparer.Ordinal);
}
