using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

public sealed partial class ShellTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task Header_output_and_order_are_those_of_the_stock_worker()
    {
        var said = await engine.ShellAsync("echo out-line; echo err-line >&2; exit 0", ("timeout", 1200L));

        string directory = engine.PathOf("build");
        Assert.Equal("header stdout stderr rc header elapsed", said.Sequence.Replace("stderr stdout", "stdout stderr", StringComparison.Ordinal));
        Assert.Equal(0, said.ReturnCode);
        Assert.Equal("out-line\n", said.Text("stdout"));
        Assert.Equal("err-line\n", said.Text("stderr"));
        Assert.Equal(
            $"""
            echo out-line; echo err-line >&2; exit 0
             in dir {directory} (timeout 1200 secs)
             watching logfiles {"{}"}
             argv: b'echo out-line; echo err-line >&2; exit 0'
             environment:
              HOME=/srv/farm/home
              LANG=C.UTF-8
              LOGNAME=farm
              PATH=/usr/bin:/bin
              PWD={directory}
             using PTY: False
            elapsedTime=N

            """,
            ElapsedTime().Replace(said.Text("header"), "elapsedTime=N"));
        Assert.Equal("complete", said.Calls[^1]);
        Assert.Null(said.Failure);
    }

    [Fact]
    public async Task Environment_follows_the_rules_of_substitution()
    {
        var environment = EngineFixture.Map(
            ("LISTVAR", EngineFixture.List("a", "b")), ("SUBST", "x${NOPE}y${LOGNAME}z$HOME"), ("HOME", WireValue.Nil.Value), ("PYTHONPATH", "/pp"));

        var said = await engine.ShellAsync("echo \"$LISTVAR|$SUBST|${HOME-unset}|$PYTHONPATH|$PWD\"", ("env", environment));

        Assert.Equal($"a:b|xyfarmz$HOME|unset|/pp:|{engine.PathOf("build")}\n", said.Text("stdout"));
    }

    [Fact]
    public async Task Bad_environment_fails_the_command_with_the_stock_text()
    {
        var said = await engine.ShellAsync("true", ("env", EngineFixture.Map(("N", 5L))));

        Assert.Equal("elapsed", said.Sequence);
        Assert.Equal("[Failure instance: Traceback: <class 'RuntimeError'>: 'env' values must be strings or lists; key 'N' is incorrect\n]", said.Failure?.Text);
    }

    [Fact]
    public async Task Bad_terminal_argument_fails_the_command_and_slave_config_does_not()
    {
        var bad = await engine.ShellAsync("true", ("usePTY", "maybe"));
        var old = await engine.ShellAsync("true", ("usePTY", "slave-config"));

        Assert.Contains("Unexpected usePTY argument value: 'maybe'. Expected boolean.", bad.Failure?.Text, StringComparison.Ordinal);
        Assert.Equal(0, old.ReturnCode);
    }

    [Fact]
    public void Start_errors_have_the_stock_texts()
    {
        Assert.Equal("unrecognized WorkerCommand 'nosuchcommand'", Refused(engine.Refusal("nosuchcommand")));
        Assert.Equal("WorkerShellCommand is missing args: command", Refused(engine.Refusal("shell", ("workdir", "/x"))));
        Assert.Equal("CopyDirectory is missing args: to_path, from_path", Refused(engine.Refusal("cpdir")));

        static string Refused(StartResult result) => Assert.IsType<StartResult.Refused>(result).Failure.Message;
    }

    [Fact]
    public async Task Hidden_words_reach_the_program_only()
    {
        var said = await engine.ShellAsync(new WireValue.List(["echo", EngineFixture.List("obfuscated", "s3cret", "XXXX")]));

        Assert.Equal("s3cret\n", said.Text("stdout"));
        Assert.DoesNotContain("s3cret", said.Text("header"), StringComparison.Ordinal);
        Assert.Contains(" argv: [b'echo', b'XXXX']\n", said.Text("header"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_written_and_closed()
    {
        var said = await engine.ShellAsync(EngineFixture.List("cat"), ("initial_stdin", "typed in\n"), ("usePTY", true));

        Assert.Equal("typed in\n", said.Text("stdout"));
        Assert.Contains(" writing 9 bytes to stdin\n using PTY: False\n", said.Text("header"), StringComparison.Ordinal);
        Assert.StartsWith("WARNING: disabling usePTY for this commandcat\n", said.Text("header"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_carries_both_streams_and_is_the_controlling_one()
    {
        var said = await engine.ShellAsync("tty; echo err >&2; echo ctl > /dev/tty", ("usePTY", true));

        Assert.Matches("^/dev/pts/[0-9]+\nerr\nctl\n$", said.Text("stdout"));
        Assert.Equal("", said.Text("stderr"));
        Assert.Equal(0, said.ReturnCode);
    }

    [Fact]
    public async Task A_missing_program_is_rc_1_with_a_readable_reason()
    {
        var said = await engine.ShellAsync(EngineFixture.List("/no/such/program", "x"), ("logEnviron", false));

        Assert.Equal("header stderr rc header elapsed", said.Sequence);
        Assert.Equal(1, said.ReturnCode);
        Assert.Contains("[Errno 2] No such file or directory: b'/no/such/program'", said.Text("stderr"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Death_by_signal_is_rc_minus_1_and_told_before_it()
    {
        var said = await engine.ShellAsync("kill -SEGV $$", ("logEnviron", false));

        Assert.Equal(-1, said.ReturnCode);
        Assert.Contains("process killed by signal 11\nelapsedTime=", said.Text("header"), StringComparison.Ordinal);
        Assert.Equal("header rc header elapsed", said.Sequence);
    }

    [Fact]
    public async Task Silence_ends_the_command_with_the_stock_message()
    {
        var said = await engine.ShellAsync("echo before; sleep 60", ("timeout", 1L));

        Assert.Equal("before\n", said.Text("stdout"));
        Assert.Contains(
            "\ncommand timed out: 1 seconds without output running b'echo before; sleep 60', attempting to kill\nprocess killed by signal 9\n",
            said.Text("header"), StringComparison.Ordinal);
        Assert.Equal(-1, said.ReturnCode);
    }

    [Fact]
    public async Task Total_time_ends_a_command_that_talks()
    {
        var said = await engine.ShellAsync("while true; do echo tick; sleep 0.1; done", ("timeout", 5L), ("maxTime", 1L));

        Assert.Contains("\ncommand timed out: 1 seconds elapsed running b'while", said.Text("header"), StringComparison.Ordinal);
        Assert.Contains("(timeout 5 secs) (maxTime 1 sec)", said.Text("header"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_lines_end_the_command_and_say_so()
    {
        var said = await engine.ShellAsync("seq 1 100; sleep 60", ("max_lines", 10L));

        Assert.Equal(100, said.Text("stdout").Count(c => c == '\n'));
        Assert.Equal("max_lines_failure", said.Single<UpdateEntry.FailureReason>().Reason);
        Assert.Contains("command exceeds max lines: 100/10 written/allowed running b'seq 1 100; sleep 60'", said.Text("header"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unwanted_output_is_read_and_not_sent()
    {
        var said = await engine.ShellAsync("seq 1 100000; echo shown >&2", ("want_stdout", false));

        Assert.Equal("", said.Text("stdout"));
        Assert.Equal("shown\n", said.Text("stderr"));
        Assert.Equal(0, said.ReturnCode);
    }

    [Fact]
    public async Task Invalid_bytes_become_replacement_characters_and_nothing_is_lost()
    {
        var said = await engine.ShellAsync(@"printf 'bad \377 byte\nsplit \342'; sleep 0.2; printf '\202\254 joined'");

        Assert.Equal("bad \uFFFD byte\nsplit € joined\n", said.Text("stdout"));
    }

    [Fact]
    public async Task Large_output_arrives_whole_and_in_order()
    {
        var said = await engine.ShellAsync("seq 1 300000");

        var expected = new StringBuilder();
        for (int i = 1; i <= 300_000; i++) expected.Append(CultureInfo.InvariantCulture, $"{i}\n");
        Assert.Equal(expected.ToString(), said.Text("stdout"));
    }

    [Fact]
    public async Task Log_files_are_sent_from_the_beginning_or_followed_from_the_end()
    {
        Directory.CreateDirectory(engine.PathOf("logs"));
        var logs = EngineFixture.Map(("b", "build.log"), ("t", EngineFixture.Map(("filename", "tail.log"), ("follow", true))));

        var said = await engine.RunAsync(
            "shell", ("command", "echo first > build.log; echo old >> tail.log; sleep 3; echo second >> build.log; echo new >> tail.log"),
            ("workdir", engine.PathOf("logs")), ("logfiles", logs));

        Assert.Equal("first\nsecond\n", said.Text("log", "b"));
        Assert.Equal("new\n", said.Text("log", "t"));
        Assert.Contains(" watching logfiles {'b': 'build.log', 't': {'filename': 'tail.log', 'follow': True}}\n", said.Text("header"), StringComparison.Ordinal);
    }

    [GeneratedRegex("elapsedTime=[0-9]+\\.[0-9]{6}")]
    private static partial Regex ElapsedTime();
}
