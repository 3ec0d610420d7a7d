using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>Revision v1, the worker's end: every message by the section of the protocol's description that has it.</summary>
public sealed class SeedMessageTests : SeedFixture
{
    private static readonly WireValue Nil = WireValue.Nil.Value;

    [Fact]
    public async Task Auth_is_the_first_message_and_the_request_has_no_login()
    {
        StartWorker();

        var conversation = await Master.NextAsync();
        var auth = await conversation.ReceiveAsync();

        Assert.DoesNotContain("authorization", conversation.Head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(
            SeedConversation.Map(("op", "auth"), ("username", "farmer"), ("password", SeedMaster.Password), ("seq_number", 0L)), auth);
    }

    [Fact]
    public async Task Auth_may_be_answered_after_everything_else_and_only_then_is_the_worker_in()
    {
        StartWorker();
        var conversation = await Master.NextAsync();
        var auth = await conversation.ReceiveAsync("auth");

        await conversation.AskAsync("print", ("message", "attached"));
        await conversation.AskAsync("get_worker_info");
        await conversation.SetBuildersAsync(("b", "b"));
        Assert.Equal("message from master: attached", await LoggedAsync(""));
        await conversation.RespondAsync(auth, true);

        Assert.StartsWith("connected to ", await LoggedAsync(""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auth_that_is_answered_false_ends_the_connection_and_the_worker_comes_back()
    {
        StartWorker("wrong-password");
        var conversation = await Master.NextAsync();

        await conversation.RespondAsync(await conversation.ReceiveAsync("auth"), false);

        await conversation.LeftAsync();
        await LoggedAsync("the master does not accept this name and password");
        await Master.NextAsync();
    }

    [Fact]
    public async Task Auth_that_is_never_accepted_ends_the_program_after_the_attempts_it_was_told()
    {
        StartWorker(adjust: o => o with { MaxRetries = 1 });
        var conversation = await Master.NextAsync();

        var auth = await conversation.ReceiveAsync("auth");
        await conversation.SendAsync(SeedConversation.Map(
            ("op", "response"), ("seq_number", auth["seq_number"]!), ("result", "out of order"), ("is_exception", true)));

        Assert.Equal(3, await Running.WaitAsync(SeedMaster.Patience, TestContext.Current.CancellationToken));
        await LoggedAsync("the master refused the worker: out of order");
    }

    [Fact]
    public async Task Print_goes_to_the_log()
    {
        var conversation = await JoinAsync();

        Assert.Equal(Nil, await conversation.AskAsync("print", ("message", "ping")));

        await LoggedAsync("message from master: ping");
    }

    [Fact]
    public async Task Print_without_a_message_is_answered_by_an_exception()
    {
        var conversation = await JoinAsync();

        Assert.Equal("'message did not contain obligatory \"message\" key'", await conversation.RefusedAsync("print"));
    }

    [Fact]
    public async Task Keep_alive_is_answered()
    {
        var conversation = await JoinAsync();

        Assert.Equal(Nil, await conversation.AskAsync("keepalive"));
    }

    [Fact]
    public async Task Get_worker_info_tells_every_key_of_the_section_and_the_files_of_info()
    {
        Directory.CreateDirectory(Path.Combine(Root, "info"));
        await File.WriteAllTextAsync(Path.Combine(Root, "info", "admin"), "Farm Admin\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Root, "info", "host"), "a host\n", TestContext.Current.CancellationToken);
        var conversation = await JoinAsync();

        var info = Assert.IsType<WireValue.Map>(await conversation.AskAsync("get_worker_info"));

        Assert.Contains(Assert.IsType<WireValue.Map>(info["environ"]).Entries, e => e.Key == "PATH");
        Assert.Equal(((WireValue)"posix", Root, "Farm Admin\n", "a host\n"), (info["system"]!, info["basedir"]!, info["admin"]!, info["host"]!));
        Assert.InRange(Assert.IsType<WireValue.Integer>(info["numcpus"]).Value, 1, 4096);
        Assert.Equal((WireValue)WorkerFacts.Version, info["version"]);
        var commands = Assert.IsType<WireValue.Map>(info["worker_commands"]).Entries.Select(e => e.Key);
        Assert.Superset(
            new HashSet<string>
            {
                "shell", "upload_file", "upload_directory", "download_file", "listdir", "mkdir", "rmdir", "cpdir", "stat", "glob", "rmfile",
            },
            commands.ToHashSet());
    }

    [Fact]
    public async Task Set_builder_list_makes_a_folder_for_each_and_answers_their_names()
    {
        var conversation = await JoinAsync();
        string elsewhere = Path.Combine(Root, "elsewhere");

        var names = await conversation.SetBuildersAsync(("one", "one"), ("two", "deep/two"), ("three", elsewhere));

        Assert.Equal(["one", "three", "two"], ((WireValue.List)names).Items.Select(n => ((WireValue.Text)n).Value).Order(StringComparer.Ordinal));
        Assert.All(["one", "deep/two", "elsewhere"], f => Assert.True(Directory.Exists(Path.Combine(Root, f)), f));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Set_builder_list_reports_folders_that_are_left_over_or_deletes_them(bool delete)
    {
        var conversation = await JoinAsync(o => o with { DeleteLeftoverDirs = delete });
        Directory.CreateDirectory(Path.Combine(Root, "old"));

        await conversation.SetBuildersAsync(("b", "b"), ("two", "deep/two"));

        await LoggedAsync(delete ? "Deleting directory 'old' that is not being used by the buildmaster" : "I have a leftover directory 'old' that is not being used by the buildmaster");
        Assert.Equal(!delete, Directory.Exists(Path.Combine(Root, "old")));
        Assert.All(["b", "deep/two", "info"], f => Assert.True(Directory.Exists(Path.Combine(Root, f)), f));
    }

    [Fact]
    public async Task Set_builder_list_whose_folder_cannot_be_made_is_answered_by_an_exception()
    {
        var conversation = await JoinAsync();
        await File.WriteAllTextAsync(Path.Combine(Root, "taken"), "", TestContext.Current.CancellationToken);

        string refusal = await conversation.RefusedAsync(
            "set_builder_list", ("builders", SeedConversation.List(SeedConversation.List("x", "taken"))));

        Assert.StartsWith($"cannot make the builder's folder '{Root}/taken'", refusal, StringComparison.Ordinal);
        Assert.Equal(0, (await conversation.RunAsync("mkdir", ("dir", "still"))).ReturnCode);
    }

    [Fact]
    public async Task Set_builder_list_that_leaves_a_builder_out_ends_what_it_runs_without_a_word()
    {
        var conversation = await JoinAsync();
        var command = await conversation.ShellAsync(StartedThenWait);
        await conversation.ServeAsync(() => command["stdout"].StartsWith("started\n", StringComparison.Ordinal));

        await conversation.SetBuildersAsync(("other", "other"));

        await EndedAsync(InBuild("pid"));
        Assert.Equal("no builder 'b' was named by set_builder_list", await conversation.RefusedAsync(
            "start_command", ("builder_name", "b"), ("command_id", "77"), ("command_name", "mkdir"), ("args", SeedConversation.Map(("dir", "x")))));
    }

    [Fact]
    public async Task Start_command_of_two_commands_runs_both_at_once()
    {
        var conversation = await JoinAsync();

        // Each waits for the other.
        var first = await conversation.ShellAsync("mkfifo f 2>/dev/null; echo one > f; echo first");
        var second = await conversation.ShellAsync("mkfifo f 2>/dev/null; read x < f; echo second $x");
        await conversation.ServeAsync(() => first.IsComplete && second.IsComplete);

        Assert.Equal((0L, "first\n", 0L, "second one\n"), (first.ReturnCode, first["stdout"], second.ReturnCode, second["stdout"]));
    }

    [Theory]
    [InlineData("nonsense", "unrecognized WorkerCommand 'nonsense'")]
    [InlineData("mkdir", "mkdir is missing args: dir")]
    [InlineData("shell", "WorkerShellCommand is missing args: command", "workdir")]
    public async Task Start_command_that_cannot_be_constructed_is_answered_by_an_exception(string name, string expected, params string[] given)
    {
        var conversation = await JoinAsync();

        string refusal = await conversation.RefusedAsync(
            "start_command", ("builder_name", "b"), ("command_id", "77"), ("command_name", name),
            ("args", SeedConversation.Map([.. given.Select(g => (g, (WireValue)"x"))])));

        Assert.Equal(expected, refusal);
    }

    [Fact]
    public async Task Start_command_with_a_path_that_is_no_text_is_answered_by_an_exception()
    {
        var conversation = await JoinAsync();

        string refusal = await conversation.RefusedAsync(
            "start_command", ("builder_name", "b"), ("command_id", "77"), ("command_name", "mkdir"), ("args", SeedConversation.Map(("dir", 5L))));

        Assert.Equal("mkdir: argument 'dir' must be text", refusal);
    }

    [Fact]
    public async Task Start_command_without_a_builder_is_answered_by_an_exception()
    {
        var conversation = await JoinAsync();

        Assert.Equal(
            "'message did not contain obligatory \"builder_name\" key'",
            await conversation.RefusedAsync("start_command", ("command_id", "77"), ("command_name", "mkdir"), ("args", SeedConversation.Map(("dir", "x")))));
    }

    [Fact]
    public async Task Interrupt_command_stops_the_command_whose_id_it_has()
    {
        var conversation = await JoinAsync();
        var stopped = await conversation.ShellAsync(StartedThenWait);
        var other = await conversation.ShellAsync("until [ -e go ]; do sleep 0.1; done");
        await conversation.ServeAsync(() => stopped["stdout"].StartsWith("started\n", StringComparison.Ordinal));

        Assert.Equal(Nil, await InterruptAsync(conversation, stopped.Id));
        await conversation.ServeAsync(() => stopped.IsComplete);
        await File.WriteAllTextAsync(InBuild("go"), "", TestContext.Current.CancellationToken);
        await conversation.ServeAsync(() => other.IsComplete);

        Assert.Equal((-1L, null, 0L), (stopped.ReturnCode, stopped.Failure, other.ReturnCode));
        Assert.Contains("\ncommand interrupted, attempting to kill\n", stopped["header"], StringComparison.Ordinal);
        Assert.DoesNotContain("elapsed", stopped.Sequence.Split(' '));
        await EndedAsync(InBuild("pid"));
    }

    [Fact]
    public async Task Interrupt_command_of_nothing_is_answered()
    {
        var conversation = await JoinAsync();

        Assert.Equal(Nil, await InterruptAsync(conversation, "no such id"));
    }

    [Fact]
    public async Task Shutdown_is_answered_and_the_program_ends()
    {
        var conversation = await JoinAsync();
        var command = await conversation.ShellAsync(StartedThenWait);
        await conversation.ServeAsync(() => command["stdout"].StartsWith("started\n", StringComparison.Ordinal));

        Assert.Equal(Nil, await conversation.AskAsync("shutdown"));

        Assert.Equal(0, await Running.WaitAsync(SeedMaster.Patience, TestContext.Current.CancellationToken));
        await EndedAsync(InBuild("pid"));
    }

    [Fact]
    public async Task Complete_has_the_error_of_a_command_that_failed()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "shell", ("workdir", "build"), ("command", "true"), ("env", SeedConversation.Map(("N", 5L))));

        Assert.Contains("RuntimeError", command.Failure, StringComparison.Ordinal);
        Assert.NotNull(command.Failure);
    }

    [Theory]
    [InlineData("set_worker_settings")]
    [InlineData("start_build")]
    [InlineData("auth")]
    public async Task An_operation_that_the_description_does_not_give_to_a_master_is_answered_by_an_exception(string operation)
    {
        var conversation = await JoinAsync();

        Assert.Equal($"Command {operation} does not exist.", await conversation.RefusedAsync(operation, ("args", SeedConversation.Map())));
    }

    [Fact]
    public async Task Text_and_a_message_without_an_operation_are_passed_over()
    {
        var conversation = await JoinAsync();

        await conversation.SendTextAsync("hello");
        await conversation.SendAsync(SeedConversation.Map(("seq_number", 99L)));

        Assert.Equal(Nil, await conversation.AskAsync("keepalive"));
    }

    [Theory]
    [InlineData("83a26f70a8726573706f6e7365aa7365715f6e756d62657263a6726573756c74c0", "the master answered a request that was not made")]
    [InlineData("c1", "the master sent something that is no message")]
    public async Task What_no_master_may_send_ends_the_connection_and_the_worker_comes_back(string payload, string reason)
    {
        var conversation = await JoinAsync();

        await conversation.SendBytesAsync(Convert.FromHexString(payload));

        await LoggedAsync(reason);
        await conversation.LeftAsync();
        Assert.Equal(0, (await (await Master.AttachedAsync()).RunAsync("mkdir", ("dir", "again"))).ReturnCode);
    }

    [Fact]
    public async Task A_master_that_vanishes_under_a_command_ends_it_and_the_worker_comes_back()
    {
        var conversation = await JoinAsync();
        var command = await conversation.ShellAsync(StartedThenWait);
        await conversation.ServeAsync(() => command["stdout"].StartsWith("started\n", StringComparison.Ordinal));

        conversation.Cut();
        var again = await Master.AttachedAsync();

        await EndedAsync(InBuild("pid"));
        Assert.Equal(0, (await again.RunAsync("rmfile", ("path", "build/pid"))).ReturnCode);
    }

    [Fact]
    public async Task A_stop_ends_the_running_command_and_the_worker()
    {
        var conversation = await JoinAsync();
        var command = await conversation.ShellAsync(StartedThenWait);
        await conversation.ServeAsync(() => command["stdout"].StartsWith("started\n", StringComparison.Ordinal));

        await StopAsync();

        Assert.Equal(0, await Running.WaitAsync(SeedMaster.Patience, TestContext.Current.CancellationToken));
        await LoggedAsync("the worker was stopped");
        await EndedAsync(InBuild("pid"));
    }

    private static Task<WireValue> InterruptAsync(SeedConversation conversation, string id) =>
        conversation.AskAsync("interrupt_command", ("builder_name", "b"), ("command_id", id), ("why", "enough"));
}
