using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Hostile;

/// <summary>
/// What a worker may not do, over every protocol: it is refused, the farm is told with its name, and the worker beside it goes on with a
/// command that was running all the time.
/// </summary>
public abstract partial class HostileContract
{
    private static readonly RemoteCommand Shell = new RemoteCommand.Shell { Script = "x" };

    private protected abstract IHostileFarm Open(TimeSpan? patience = null);

    [Fact]
    public async Task An_update_for_a_command_it_was_not_given()
    {
        await using Scene scene = await OpenAsync();

        Assert.False(await scene.Worker.SayAsync(scene.Worker.Foreign, "forged\n"));
        Assert.False(await scene.Worker.SayAsync(scene.Neighbour.Command, "forged\n"));

        Assert.StartsWith("hostile ", await scene.Farm.NextTrespassAsync(), StringComparison.Ordinal);
        Assert.StartsWith("hostile ", await scene.Farm.NextTrespassAsync(), StringComparison.Ordinal);
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_word_for_a_command_that_has_ended()
    {
        await using Scene scene = await OpenAsync();
        Task<CommandResult> run = scene.Worker.Link.RunAsync(Shell, "slot-1", new RecordingObserver(), default);
        HostileCommand command = await scene.Worker.TakeAsync();
        await scene.Worker.EndAsync(command, 0);
        await run.WaitAsync(TestGate.Patience);

        Assert.False(await scene.Worker.SayAsync(command, "late\n"));

        Assert.StartsWith("hostile ", await scene.Farm.NextTrespassAsync(), StringComparison.Ordinal);
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_transfer_through_what_it_does_not_hold()
    {
        await using Scene scene = await OpenAsync();

        Assert.False(await scene.Worker.WriteAsync(scene.Worker.Foreign, [1]));
        Assert.False(await scene.Worker.ReadAsync(scene.Neighbour.Command));

        Assert.StartsWith("hostile ", await scene.Farm.NextTrespassAsync(), StringComparison.Ordinal);
        Assert.StartsWith("hostile ", await scene.Farm.NextTrespassAsync(), StringComparison.Ordinal);
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_read_through_the_handle_of_an_upload()
    {
        await using Scene scene = await OpenAsync();
        var observer = new RecordingObserver("secret"u8.ToArray());
        Task<CommandResult> run = scene.Worker.Link.RunAsync(
            new RemoteCommand.UploadFile("f", new MasterTarget.Package()), "slot-1", observer, default);
        HostileCommand command = await scene.Worker.TakeAsync();

        Assert.False(await scene.Worker.ReadAsync(command));
        await scene.Worker.EndAsync(command, 0);

        Assert.Contains("read", await scene.Farm.NextTrespassAsync(), StringComparison.Ordinal);
        await run.WaitAsync(TestGate.Patience);
        Assert.Equal((0, ""), (observer.Closes, Encoding.UTF8.GetString(observer.Written)));
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task More_bytes_than_it_was_asked_for()
    {
        await using Scene scene = await OpenAsync();
        var observer = new RecordingObserver();
        Task<CommandResult> run = scene.Worker.Link.RunAsync(
            new RemoteCommand.UploadFile("f", new MasterTarget.Package()) { MaxBytes = 4 }, "slot-1", observer, default);
        HostileCommand command = await scene.Worker.TakeAsync();

        Assert.True(await scene.Worker.WriteAsync(command, "1234"u8.ToArray()));
        await scene.Worker.WriteAsync(command, "5"u8.ToArray());
        await scene.Worker.EndAsync(command, 0);

        Assert.Equal("hostile uploaded more than 4 bytes", await scene.Farm.NextTrespassAsync());
        Assert.Contains("larger than 4 bytes", Assert.IsType<CommandResult.Refused>(await run.WaitAsync(TestGate.Patience)).Reason, StringComparison.Ordinal);
        Assert.Equal(("1234", 0), (Encoding.UTF8.GetString(observer.Written), observer.Closes));
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_second_answer()
    {
        await using Scene scene = await OpenAsync();

        await scene.Worker.AnswerTwiceAsync();

        (string name, string reason) = await scene.Farm.NextEndAsync();
        Assert.Equal("hostile", name);
        Assert.Contains("for an answer", reason.Replace("for no answer", "for an answer", StringComparison.Ordinal), StringComparison.Ordinal);
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task No_answer_at_all()
    {
        await using IHostileFarm farm = Open(patience: TimeSpan.FromSeconds(2));
        await using IHostileWorker worker = await farm.AttachAsync("hostile");
        Task<CommandResult> run = worker.Link.RunAsync(Shell, "slot-1", new RecordingObserver(), default);

        (string name, string reason) = await farm.NextEndAsync();

        Assert.Equal("hostile", name);
        Assert.StartsWith("the worker has said nothing for", reason, StringComparison.Ordinal);
        Assert.IsType<CommandResult.Lost>(await run.WaitAsync(TestGate.Patience));
        // This one's words are the signs of life that the farm is so eager for.
        await using var neighbour = await Neighbour.AttachAsync(farm);
        await neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Another_workers_name_without_its_password()
    {
        await using IHostileFarm farm = Open();
        await using var neighbour = await Neighbour.AttachAsync(farm);

        await farm.ClaimAsync(Neighbour.Name);

        Assert.Equal(Neighbour.Name, await farm.NextRefusalAsync());
        Assert.Equal(("", "an unknown name or a wrong password"), await farm.NextEndAsync());
        await neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Another_workers_name_after_its_own_login()
    {
        await using Scene scene = await OpenAsync();

        Assert.False(await scene.Worker.LogInAgainAsync(Neighbour.Name));

        Assert.StartsWith("hostile ", await scene.Farm.NextTrespassAsync(), StringComparison.Ordinal);
        Assert.Equal("hostile", scene.Worker.Link.Description.Name.Value);
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_flood_is_cut_off_or_told_a_few_times_alone()
    {
        await using Scene scene = await OpenAsync();

        await scene.Worker.FloodAsync();

        await scene.Neighbour.AssertUntouchedAsync();
        if (scene.Worker.Link.Closed.IsCompleted)
        {
            Assert.Equal("hostile", (await scene.Farm.NextEndAsync()).Name);
        }
        else
        {
            string last = "";
            for (int i = 0; i < Complaints.Most; i++) last = await scene.Farm.NextTrespassAsync();
            Assert.Equal("hostile did more of that kind, which is not told", last);
        }

        Assert.Equal(0, scene.Farm.Trespasses);
    }

    private async Task<Scene> OpenAsync()
    {
        IHostileFarm farm = Open();
        return new Scene(farm, await Neighbour.AttachAsync(farm), await farm.AttachAsync("hostile"));
    }

    /// <summary>A farm with an honest worker and a hostile one.</summary>
    private sealed record Scene(IHostileFarm Farm, Neighbour Neighbour, IHostileWorker Worker) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Worker.DisposeAsync();
            await Neighbour.DisposeAsync();
            await Farm.DisposeAsync();
        }
    }

    /// <summary>An honest worker with a command that runs all the time.</summary>
    private sealed class Neighbour(IHostileWorker worker, HostileCommand command, Task<CommandResult> run, RecordingObserver observer) : IAsyncDisposable
    {
        public const string Name = "honest";

        public HostileCommand Command => command;

        public static async Task<Neighbour> AttachAsync(IHostileFarm farm)
        {
            IHostileWorker worker = await farm.AttachAsync(Name);
            var observer = new RecordingObserver();
            Task<CommandResult> run = worker.Link.RunAsync(Shell, "slot-1", observer, default);
            return new Neighbour(worker, await worker.TakeAsync(), run, observer);
        }

        public async Task AssertUntouchedAsync()
        {
            Assert.True(await worker.SayAsync(command, "still here\n"));
            await worker.EndAsync(command, 7);

            Assert.Equal(7, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
            Assert.Equal("Stdout:still here\n", observer.Text);
        }

        public ValueTask DisposeAsync() => worker.DisposeAsync();
    }
}
