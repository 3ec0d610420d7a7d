using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot.Perspective;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>Each of these peers gets the right answer or a clean end with a reason, and an honest worker beside it is served.</summary>
public sealed class HostileBrokerTests
{
    private const string Refusal = "an unknown name or a wrong password";

    [Fact]
    public async Task A_peer_that_says_nothing_ends_at_the_login_deadline()
    {
        await using var farm = new BrokerFarm(new PerspectiveLinkOptions { LoginDeadline = TimeSpan.FromMilliseconds(200) });
        await using BrokerWorker peer = await BrokerWorker.ConnectAsync(farm.EndPoint);

        Assert.Equal(("", "no login within 0 s"), await farm.NextEndAsync());
    }

    [Theory]
    [InlineData("farmer", "wrong-password", true)]
    [InlineData("change", TestGate.Password, false)]
    [InlineData("debug", TestGate.Password, false)]
    [InlineData("statusClient", TestGate.Password, false)]
    [InlineData("a name with blanks", TestGate.Password, false)]
    public async Task A_login_that_is_refused_gets_the_error_of_real_masters_and_the_peer_closes(string name, string password, bool kept)
    {
        await using var farm = new BrokerFarm();
        await using BrokerWorker peer = await BrokerWorker.ConnectAsync(farm.EndPoint);

        object[] error = await peer.AnswerToAsync(await peer.LoginAsync(name, password));
        Dictionary<string, object> state = Jelly.Pairs(((object[])error[2])[1]);
        await peer.DisposeAsync();

        Assert.Equal("twisted.cred.error.UnauthorizedLogin", Banana.TextOf(state["type"]));
        Assert.Equal("", Banana.TextOf(state["value"]));
        Assert.Equal(("", Refusal), await farm.NextEndAsync());
        Assert.Equal(kept, farm.Refusals.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_challenge_is_good_for_one_answer_and_a_second_login_is_refused()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        object[] again = await worker.AnswerToAsync(await worker.LoginAsync("other", TestGate.Password));

        Assert.Equal("error", Banana.TextOf(again[0]));
        Assert.Equal("farmer", link.Description.Name.Value);
        Assert.Equal([link], farm.Registry.Links);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_before_the_login_ends_the_connection()
    {
        await using var farm = new BrokerFarm();
        await using BrokerWorker peer = await BrokerWorker.ConnectAsync(farm.EndPoint);

        await SendUntilClosedAsync(peer, new object[] { "message", 1, "root", "login", 1, Jelly.Tuple(new byte[20_000]), Jelly.Dictionary() });

        Assert.Contains("more than 16384 bytes", (await farm.NextEndAsync()).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(99)]
    public async Task An_update_for_no_command_of_its_own_is_refused_and_changes_nothing(long target)
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        object[] answer = await worker.AnswerToAsync(await worker.CallAsync(target, "update", Jelly.List()));

        Assert.Equal("error", Banana.TextOf(answer[0]));
        Assert.False(link.Closed.IsCompleted);
    }

    [Fact]
    public async Task Objects_of_a_command_that_has_ended_and_of_another_worker_are_not_there()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;
        (BrokerWorker other, PerspectiveLink honest) = await farm.AttachAsync("honest");
        await using BrokerWorker alsoOwned = other;
        var untouched = new RecordingObserver();
        Task<CommandResult> going = honest.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", untouched, default);
        BrokerCommand running = await other.NextCommandAsync();

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", new RecordingObserver(), default);
        BrokerCommand ended = await worker.NextCommandAsync();
        await worker.FinishAsync(ended, 0);
        await run.WaitAsync(TestGate.Patience);
        string[] answers =
        [
            Banana.TextOf((await worker.AnswerToAsync(await worker.UpdateAsync(ended, "stdout", Jelly.Text("late\n"))))[0]),
            Banana.TextOf((await worker.AnswerToAsync(await worker.UpdateAsync(running, "stdout", Jelly.Text("forged\n"))))[0]),
            Banana.TextOf((await worker.AnswerToAsync(await worker.CallAsync(running.Step + 1, "write", "forged"u8.ToArray())))[0]),
        ];
        await other.FinishAsync(running, 0);

        Assert.Equal(["error", "error", "error"], answers);
        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(await going.WaitAsync(TestGate.Patience)).ExitCode);
        Assert.Equal("", untouched.Text);
    }

    [Fact]
    public async Task More_bytes_than_asked_for_are_not_written_and_the_command_is_stopped()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;
        var observer = new RecordingObserver();

        Task<CommandResult> run = link.RunAsync(
            new RemoteCommand.UploadFile("f", new MasterTarget.Package()) { MaxBytes = 4 }, "slot-1", observer, default);
        BrokerCommand command = await worker.NextCommandAsync();
        long writer = Jelly.Id(command.Arguments["writer"]);
        object[] first = await worker.AnswerToAsync(await worker.CallAsync(writer, "write", "1234"u8.ToArray()));
        object[] second = await worker.AnswerToAsync(await worker.CallAsync(writer, "write", "5"u8.ToArray()));
        await worker.NextCallAsync("interruptCommand");
        await worker.CallAsync(writer, "close");
        await worker.FinishAsync(command, 0);

        // A stock worker that got an error here would never tell how the command ended.
        Assert.Equal(("answer", "answer"), (Banana.TextOf(first[0]), Banana.TextOf(second[0])));
        Assert.Contains("larger than 4 bytes", Assert.IsType<CommandResult.Refused>(await run.WaitAsync(TestGate.Patience)).Reason, StringComparison.Ordinal);
        Assert.Equal("1234", Encoding.UTF8.GetString(observer.Written));
        Assert.Equal(0, observer.Closes);
    }

    [Fact]
    public async Task An_upload_that_goes_on_and_on_after_its_refusal_costs_the_connection()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(
            new RemoteCommand.UploadFile("f", new MasterTarget.Package()) { MaxBytes = 4 }, "slot-1", new RecordingObserver(), default);
        BrokerCommand command = await worker.NextCommandAsync();
        long writer = Jelly.Id(command.Arguments["writer"]);
        try
        {
            for (int i = 0; i < 1100; i++) await worker.CallAsync(writer, "write", "12345"u8.ToArray());
        }
        catch (IOException)
        {
            // Cut off, as it should be.
        }

        Assert.IsType<CommandResult.Lost>(await run.WaitAsync(TestGate.Patience));
        Assert.Equal(("farmer", "the worker went on with a command that was refused and interrupted"), await farm.NextEndAsync());
    }

    [Fact]
    public async Task A_transfer_outside_its_handle_is_refused()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;
        var observer = new RecordingObserver("secret"u8.ToArray());

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", observer, default);
        BrokerCommand command = await worker.NextCommandAsync();
        object[] write = await worker.AnswerToAsync(await worker.CallAsync(command.Step, "write", "x"u8.ToArray()));
        object[] read = await worker.AnswerToAsync(await worker.CallAsync(command.Step, "read", 100));
        object[] next = await worker.AnswerToAsync(await worker.CallAsync(command.Step + 1, "read", 100));
        await worker.FinishAsync(command, 0);
        await run.WaitAsync(TestGate.Patience);

        Assert.Equal(["error", "error", "error"], new[] { write, read, next }.Select(m => Banana.TextOf(m[0])));
        Assert.Empty(observer.Written);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(1)]
    public async Task An_answer_to_nothing_and_a_second_answer_end_the_connection(long request)
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        await worker.SendAsync(new object[] { "answer", request, Jelly.None });

        Assert.Equal($"the peer answered the request {request}, which does not wait for an answer", await link.Closed.WaitAsync(TestGate.Patience));
    }

    [Fact]
    public async Task A_flood_of_references_ends_the_connection_and_others_are_served()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        await SendUntilClosedAsync(worker, new object[]
        {
            "message", 3, 2, "keepalive", 1, Jelly.Tuple([.. Enumerable.Range(10, 9000).Select(i => (object)Jelly.Remote(i))]), Jelly.Dictionary(),
        });

        Assert.Contains("references", await link.Closed.WaitAsync(TestGate.Patience), StringComparison.Ordinal);
        await AssertServesAsync(farm);
    }

    [Fact]
    public async Task A_few_bytes_that_stand_for_very_many_updates_are_refused()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", new RecordingObserver(), default);
        BrokerCommand command = await worker.NextCommandAsync();
        object[] one = ["reference", 1, Jelly.List(Jelly.Dictionary(("stdout", Jelly.Text(new string('x', 10_000)))), 0)];
        object[] answer = await worker.AnswerToAsync(await worker.CallAsync(
            command.Step, "update", Jelly.List([one, .. Enumerable.Repeat<object>(new object[] { "dereference", 1 }, 20_000)])));
        await worker.FinishAsync(command, 0);

        Assert.Equal("error", Banana.TextOf(answer[0]));
        Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience));
    }

    [Fact]
    public async Task A_worker_that_is_never_described_gets_no_place()
    {
        await using var farm = new BrokerFarm(new PerspectiveLinkOptions { AttachDeadline = TimeSpan.FromMilliseconds(300) });
        await using BrokerWorker peer = await BrokerWorker.ConnectAsync(farm.EndPoint);

        await peer.LoginAsync("farmer", TestGate.Password);

        Assert.Equal(("farmer", "the worker did not get ready within 0 s"), await farm.NextEndAsync());
        Assert.Empty(farm.Registry.Links);
    }

    /// <summary>A stock worker that gets an error here ends its process for good; a connection that is closed brings it back.</summary>
    [Fact]
    public async Task A_worker_that_describes_itself_badly_is_closed_and_gets_no_error()
    {
        await using var farm = new BrokerFarm();
        await using BrokerWorker peer = await BrokerWorker.ConnectAsync(farm.EndPoint, _ => Jelly.Text("no dictionary"));
        await peer.LoginAsync("farmer", TestGate.Password);
        var heard = new List<string>();

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                var message = (object[])await peer.ReadAsync();
                heard.Add(Banana.TextOf(message[0]));
                await peer.ServeAsync(message);
            }
        });

        Assert.Equal(("farmer", "the worker's description cannot be read"), await farm.NextEndAsync());
        Assert.Contains("message", heard);
        Assert.DoesNotContain("error", heard);
    }

    [Theory]
    [InlineData("88")]
    [InlineData("0180")]
    [InlineData("0080")]
    [InlineData("7f7f7f7f7f7f7f7f7f7f82")]
    public async Task What_is_no_message_ends_the_connection(string hex)
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        await worker.Stream.WriteAsync(Convert.FromHexString(hex + "0181"));

        Assert.NotEmpty(await link.Closed.WaitAsync(TestGate.Patience));
    }

    private static async Task SendUntilClosedAsync(BrokerWorker peer, object message)
    {
        try
        {
            await peer.SendAsync(message);
        }
        catch (IOException)
        {
            // The master may have hung up before the last byte was written.
        }
    }

    private static async Task AssertServesAsync(BrokerFarm farm)
    {
        (BrokerWorker honest, PerspectiveLink link) = await farm.AttachAsync("honest");
        await using BrokerWorker owned = honest;
        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Stat("x"), "slot-1", new RecordingObserver(), default);
        await honest.FinishAsync(await honest.NextCommandAsync(), 2);
        Assert.Equal(2, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
    }
}
