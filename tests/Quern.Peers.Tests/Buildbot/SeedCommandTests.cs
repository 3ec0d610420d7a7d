using System.Buffers;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>Revision v1, every other message and every command by the section of the description that has it.</summary>
public sealed class SeedCommandTests
{
    private static readonly MessagePackOptions Both = new() { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] };
    private static readonly WireValue Nil = WireValue.Nil.Value;

    private static readonly Dictionary<string, (RemoteCommand Command, WireValue.Map Arguments)> BySection = new()
    {
        ["shell"] = (
            new RemoteCommand.Shell
            {
                Command = ["make", "all"],
                WorkingDirectory = "build",
                SilenceTimeout = TimeSpan.FromSeconds(100),
                Timeout = TimeSpan.FromSeconds(1.5),
                TerminationGrace = TimeSpan.FromSeconds(3),
                StandardInput = "in",
                LogEnvironment = false,
                LogFiles = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("log", "build.log"),
                Environment = System.Collections.Immutable.ImmutableSortedDictionary<string, string?>.Empty.Add("A", "b").Add("C", null),
            },
            SeedWorker.Map(
                ("workdir", "build"), ("env", SeedWorker.Map(("A", "b"), ("C", Nil))), ("want_stdout", true), ("want_stderr", true),
                ("logfiles", SeedWorker.Map(("log", SeedWorker.Map(("filename", "/srv/worker/slot-2/build.log"), ("follow", false))))),
                ("timeout", 100L), ("maxTime", 2L), ("sigtermTime", 3L), ("usePTY", false), ("logEnviron", false), ("initial_stdin", "in"),
                ("command", SeedWorker.List("make", "all")))),
        ["upload_file"] = (
            new RemoteCommand.UploadFile("out/x.deb", new MasterTarget.Path("/master/x")) { BlockSize = 1000, MaxBytes = 5000 },
            SeedWorker.Map(("workdir", ""), ("workersrc", "out/x.deb"), ("maxsize", 5001L), ("blocksize", 1000L), ("keepstamp", false), ("writer", Nil))),
        ["upload_directory"] = (
            new RemoteCommand.UploadDirectory("out", new MasterTarget.Path("/master/d")) { BlockSize = 1000 },
            SeedWorker.Map(("workdir", ""), ("workersource", "out"), ("workersrc", "out"), ("maxsize", Nil), ("blocksize", 1000L), ("compress", Nil), ("writer", Nil))),
        ["download_file"] = (
            new RemoteCommand.DownloadFile(new MasterSource.File("/master/x"), "in/x") { BlockSize = 1000, Mode = 493 },
            SeedWorker.Map(("workdir", ""), ("workerdest", "in/x"), ("maxsize", Nil), ("blocksize", 1000L), ("mode", 493L), ("reader", Nil))),
        ["listdir"] = (new RemoteCommand.ListDirectory("a"), SeedWorker.Map(("dir", "a"))),
        ["mkdir"] = (new RemoteCommand.MakeDirectory(["a/b"]), SeedWorker.Map(("dir", "a/b"))),
        ["rmdir"] = (
            new RemoteCommand.RemoveDirectory(["a", "b"]),
            SeedWorker.Map(("dir", SeedWorker.List("a", "b")), ("logEnviron", false), ("timeout", 3600L))),
        ["cpdir"] = (
            new RemoteCommand.CopyDirectory("a", "b"),
            SeedWorker.Map(("fromdir", "a"), ("todir", "b"), ("logEnviron", false), ("timeout", 3600L))),
        ["stat"] = (new RemoteCommand.Stat("a"), SeedWorker.Map(("file", "a"))),
        ["glob"] = (new RemoteCommand.Glob("*.deb"), SeedWorker.Map(("path", "*.deb"))),
        ["rmfile"] = (new RemoteCommand.RemoveFile("a"), SeedWorker.Map(("path", "a"))),
    };

    public static TheoryData<string> Sections => [.. BySection.Keys];

    [Theory, MemberData(nameof(Sections))]
    public async Task Command_name_of_each_section_is_asked_for_with_its_arguments(string section)
    {
        (RemoteCommand command, WireValue.Map arguments) = BySection[section];
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(command, "slot-2", new RecordingObserver(), default);
        WireValue.Map start = await worker.ReceiveAsync("start_command");
        await worker.RespondAsync(start, Nil);
        await worker.UpdateAsync(start["command_id"]!, ("rc", 3L));
        await worker.AskAsync("complete", ("command_id", start["command_id"]!), ("args", Nil));

        Assert.Equal((WireValue)"slot-2", start["builder_name"]);
        Assert.IsType<WireValue.Text>(start["command_id"]);
        Assert.Equal((WireValue)section, start["command_name"]);
        Assert.Equal(arguments, start["args"]);
        Assert.Equal(3, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
    }

    [Theory]
    [InlineData("upload_file", "workersrc")]
    [InlineData("upload_directory", "workersource")]
    [InlineData("download_file", "workerdest")]
    [InlineData("rmfile", "path")]
    public async Task A_leading_tilde_is_part_of_the_name_and_not_the_workers_home(string section, string argument)
    {
        RemoteCommand command = section switch
        {
            "upload_file" => new RemoteCommand.UploadFile("~f", new MasterTarget.Package()),
            "upload_directory" => new RemoteCommand.UploadDirectory("~f", new MasterTarget.Path("/master/d")),
            "download_file" => new RemoteCommand.DownloadFile(new MasterSource.File("/master/x"), "~f"),
            _ => new RemoteCommand.RemoveFile("~f"),
        };
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(command, "slot-1", new RecordingObserver(), default);
        WireValue.Map start = await StartedAsync(worker);
        await worker.UpdateAsync(start["command_id"]!, ("rc", 1L));
        await worker.AskAsync("complete", ("command_id", start["command_id"]!), ("args", Nil));
        await run.WaitAsync(TestGate.Patience);

        Assert.Equal((WireValue)"./~f", ((WireValue.Map)start["args"]!)[argument]);
    }

    [Fact]
    public async Task Update_brings_text_that_is_cut_anywhere_and_the_log_has_whole_lines()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;
        var observer = new RecordingObserver();

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", observer, default);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        await worker.UpdateAsync(id, ("header", "in dir /b\n"));
        await worker.UpdateAsync(id, ("stdout", "one\ntw"));
        await worker.UpdateAsync(id, ("stderr", "err"));
        await worker.UpdateAsync(id, ("stdout", "o\nrest"));
        await worker.UpdateAsync(id, ("rc", 0L), ("elapsed", 3L));
        await worker.AskAsync("complete", ("command_id", id), ("args", Nil));

        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
        Assert.Equal(
            ["Header:in dir /b", "Stderr:err", "Stdout:one", "Stdout:rest", "Stdout:two"],
            observer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Update_may_have_the_pair_of_log_and_name_as_a_key()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;
        var observer = new RecordingObserver();

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", observer, default);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        await worker.SendBytesAsync(LogUpdate(((WireValue.Text)id).Value));
        Assert.Equal(Nil, (await worker.ReceiveAsync("response"))["result"]);
        await worker.UpdateAsync(id, ("log", SeedWorker.List("build.log", "second\n")));
        await worker.UpdateAsync(id, ("rc", 0L));
        await worker.AskAsync("complete", ("command_id", id), ("args", Nil));

        await run.WaitAsync(TestGate.Patience);
        Assert.Contains("first\n", observer.Text, StringComparison.Ordinal);
        Assert.Contains("second\n", observer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("glob", "files")]
    [InlineData("glob", "file")]
    [InlineData("listdir", "files")]
    public async Task Files_of_glob_and_listdir_are_the_result(string section, string key)
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(BySection[section].Command, "slot-1", new RecordingObserver(), default);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        await worker.UpdateAsync(id, (key, SeedWorker.List("a", "b")));
        await worker.UpdateAsync(id, ("rc", 0L));
        await worker.AskAsync("complete", ("command_id", id), ("args", Nil));

        Assert.Equal(["a", "b"], Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).Files);
    }

    [Fact]
    public async Task Update_upload_file_write_close_and_utime_bring_a_file()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;
        var observer = new RecordingObserver();

        Task<CommandResult> run = link.RunAsync(BySection["upload_file"].Command, "slot-1", observer, default);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        Assert.Equal(Nil, await worker.AskAsync("update_upload_file_write", ("command_id", id), ("args", new WireValue.Binary("chunk"u8.ToArray()))));
        Assert.Equal(Nil, await worker.AskAsync("update_upload_file_close", ("command_id", id)));
        Assert.Equal(Nil, await worker.AskAsync("update_upload_file_utime", ("command_id", id), ("access_time", 1000.5), ("modified_time", 999.0)));
        await worker.UpdateAsync(id, ("rc", 0L));
        await worker.AskAsync("complete", ("command_id", id), ("args", Nil));

        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
        Assert.Equal("chunk", System.Text.Encoding.UTF8.GetString(observer.Written));
        Assert.Equal(1, observer.Closes);
    }

    [Fact]
    public async Task Update_upload_directory_write_and_unpack_bring_a_folder()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;
        var observer = new RecordingObserver();

        Task<CommandResult> run = link.RunAsync(BySection["upload_directory"].Command, "slot-1", observer, default);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        Assert.Equal(Nil, await worker.AskAsync("update_upload_directory_write", ("command_id", id), ("args", new WireValue.Binary("tar"u8.ToArray()))));
        Assert.Equal(Nil, await worker.AskAsync("update_upload_directory_unpack", ("command_id", id)));
        await worker.UpdateAsync(id, ("rc", 0L));
        await worker.AskAsync("complete", ("command_id", id), ("args", Nil));

        await run.WaitAsync(TestGate.Patience);
        Assert.Equal("tar", System.Text.Encoding.UTF8.GetString(observer.Written));
        Assert.Equal(1, observer.Closes);
    }

    [Fact]
    public async Task Update_read_file_gives_the_data_and_update_read_file_close_ends_it()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;
        var observer = new RecordingObserver([1, 2, 3]);

        Task<CommandResult> run = link.RunAsync(BySection["download_file"].Command, "slot-1", observer, default);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        Assert.Equal(new WireValue.Binary(new byte[] { 1, 2, 3 }), await worker.AskAsync("update_read_file", ("command_id", id), ("length", 1000L)));
        Assert.Equal(new WireValue.Binary(ReadOnlyMemory<byte>.Empty), await worker.AskAsync("update_read_file", ("command_id", id), ("length", 1000L)));
        Assert.Equal(Nil, await worker.AskAsync("update_read_file_close", ("command_id", id)));
        await worker.UpdateAsync(id, ("rc", 0L));
        await worker.AskAsync("complete", ("command_id", id), ("args", Nil));

        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
    }

    [Fact]
    public async Task Complete_with_a_message_is_a_failed_command()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(BySection["stat"].Command, "slot-1", new RecordingObserver(), default);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        await worker.AskAsync("complete", ("command_id", id), ("args", "it broke"));

        Assert.Equal("it broke", Assert.IsType<CommandResult.Refused>(await run.WaitAsync(TestGate.Patience)).Reason);
    }

    [Fact]
    public async Task Start_command_that_is_answered_by_an_exception_is_a_refused_command()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(BySection["stat"].Command, "slot-1", new RecordingObserver(), default);
        await worker.RefuseAsync(await worker.ReceiveAsync("start_command"), "unrecognized WorkerCommand 'stat'");

        Assert.Equal("unrecognized WorkerCommand 'stat'", Assert.IsType<CommandResult.Refused>(await run.WaitAsync(TestGate.Patience)).Reason);
    }

    [Fact]
    public async Task Interrupt_command_names_builder_command_and_reason()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;
        using var stop = new CancellationTokenSource();

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", new RecordingObserver(), stop.Token);
        WireValue id = (await StartedAsync(worker))["command_id"]!;
        await stop.CancelAsync();
        WireValue.Map interrupt = await worker.ReceiveAsync("interrupt_command");
        await worker.RespondAsync(interrupt, Nil);
        await worker.UpdateAsync(id, ("rc", -1L));
        await worker.AskAsync("complete", ("command_id", id), ("args", Nil));

        Assert.Equal(
            ((WireValue)"slot-1", id, (WireValue)"stop requested"),
            (interrupt["builder_name"]!, interrupt["command_id"]!, interrupt["why"]!));
        Assert.Equal(-1, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
    }

    [Fact]
    public async Task Keep_alive_asks_a_silent_worker_and_shutdown_ends_it()
    {
        await using var farm = new TestFarm(Both with { KeepaliveInterval = TimeSpan.FromMilliseconds(400) });
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        WireValue.Map keepalive = await worker.ReceiveAsync("keepalive");
        await worker.RespondAsync(keepalive, Nil);
        Task shutdown = link.ShutdownAsync(default);
        WireValue.Map asked;
        do
        {
            asked = await worker.ReceiveAsync();
            await worker.RespondAsync(asked, Nil);
        }
        while (asked["op"] == (WireValue)"keepalive");

        Assert.Equal((WireValue)"shutdown", asked["op"]);
        await shutdown.WaitAsync(TestGate.Patience);
    }

    [Fact]
    public async Task Several_directories_are_made_one_after_the_other_until_one_fails()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;
        var made = new List<WireValue>();

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.MakeDirectory(["a", "b", "c"]), "slot-1", new RecordingObserver(), default);
        foreach (long code in (long[])[0, 13])
        {
            WireValue.Map start = await StartedAsync(worker);
            made.Add(((WireValue.Map)start["args"]!)["dir"]!);
            await worker.UpdateAsync(start["command_id"]!, ("rc", code));
            await worker.AskAsync("complete", ("command_id", start["command_id"]!), ("args", Nil));
        }

        Assert.Equal(13, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
        Assert.Equal(["a", "b"], made);
    }

    [Fact]
    public async Task Set_builder_list_comes_again_with_all_places_when_there_are_more_of_them()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        link.Offer(["slot-1"]);
        link.Offer(["slot-1", "slot-3"]);
        WireValue.Map list = await worker.ReceiveAsync("set_builder_list");

        Assert.Equal(
            ["slot-1", "slot-2", "slot-3"],
            ((WireValue.List)list["builders"]!).Items.Select(pair => ((WireValue.Text)((WireValue.List)pair).Items[0]).Value));
    }

    [Fact]
    public async Task Set_builder_list_names_a_place_of_its_own_before_the_first_command_there()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        Task<CommandResult> first = link.RunAsync(BySection["stat"].Command, "nightly", new RecordingObserver(), default);
        Task<CommandResult> second = link.RunAsync(BySection["stat"].Command, "nightly", new RecordingObserver(), default);
        WireValue.Map list = await worker.ReceiveAsync("set_builder_list");
        await worker.RespondAsync(list, SeedWorker.List("nightly", "slot-1", "slot-2"));
        WireValue.Map[] starts = [await StartedAsync(worker), await StartedAsync(worker)];
        foreach (WireValue.Map start in starts)
        {
            await worker.UpdateAsync(start["command_id"]!, ("rc", 0L));
            await worker.AskAsync("complete", ("command_id", start["command_id"]!), ("args", Nil));
        }

        Assert.Equal(
            SeedWorker.List(SeedWorker.List("nightly", "nightly"), SeedWorker.List("slot-1", "slot-1"), SeedWorker.List("slot-2", "slot-2")), list["builders"]);
        Assert.All(starts, start => Assert.Equal((WireValue)"nightly", start["builder_name"]));
        Assert.All(await Task.WhenAll(first, second).WaitAsync(TestGate.Patience), r => Assert.Equal(0, Assert.IsType<CommandResult.Ended>(r).ExitCode));
    }

    [Fact]
    public async Task Set_builder_list_that_is_refused_costs_the_command_alone_and_is_not_said_again()
    {
        await using var farm = new TestFarm(Both);
        (SeedWorker worker, MessagePackLink link) = await AttachAsync(farm);
        await using SeedWorker owned = worker;

        Task<CommandResult> refused = link.RunAsync(BySection["stat"].Command, "bad", new RecordingObserver(), default);
        await worker.RefuseAsync(await worker.ReceiveAsync("set_builder_list"), "no room");
        Assert.Equal(
            new CommandResult.Refused("the worker refused its list of builders: no room"), await refused.WaitAsync(TestGate.Patience));
        link.Offer(["slot-3"]);
        WireValue.Map list = await worker.ReceiveAsync("set_builder_list");

        Assert.Equal(
            ["slot-1", "slot-2", "slot-3"],
            ((WireValue.List)list["builders"]!).Items.Select(pair => ((WireValue.Text)((WireValue.List)pair).Items[0]).Value));
    }

    private static async Task<(SeedWorker Worker, MessagePackLink Link)> AttachAsync(TestFarm farm)
    {
        SeedWorker worker = await SeedWorker.AttachAsync(farm.EndPoint).WaitAsync(TestGate.Patience);
        return (worker, await farm.Gate.NextLinkAsync());
    }

    private static async Task<WireValue.Map> StartedAsync(SeedWorker worker)
    {
        WireValue.Map start = await worker.ReceiveAsync("start_command");
        await worker.RespondAsync(start, Nil);
        return start;
    }

    /// <summary>An <c>update</c> whose dictionary has an array as its key; our values cannot say that.</summary>
    private static ReadOnlyMemory<byte> LogUpdate(string id)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MsgPackWriter(output);
        writer.WriteMapHeader(4);
        writer.WriteString("op");
        writer.WriteString("update");
        writer.WriteString("args");
        writer.WriteArrayHeader(1);
        writer.WriteArrayHeader(2);
        writer.WriteMapHeader(1);
        writer.WriteValue(SeedWorker.List("log", "build.log"));
        writer.WriteString("first\n");
        writer.WriteInt64(0);
        writer.WriteString("command_id");
        writer.WriteString(id);
        writer.WriteString("seq_number");
        writer.WriteInt64(5000);
        return output.WrittenMemory;
    }
}
