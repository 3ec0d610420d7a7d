using System.Diagnostics;
using Quern.Testing;

namespace Quern.Interop.WholeRoad;

/// <summary>Builders through a whole master, with every kind of step, on an unmodified <c>buildbot-worker</c> and on Quern's own.</summary>
public sealed class BuilderTests
{
    private const string EveryKind = """
        workers: [{name: builder-1, password: secret}]
        plans: {folders: [in, out]}
        secrets: {token: token}
        builders:
          - name: every
            workers: [builder-1, embedded]
            properties: {word: hello}
            env: {WORD: "${word}"}
            steps:
              - {name: clean, remove: [tree, copy, big.txt]}
              - {name: make folders, mkdir: [tree/a, tree/b]}
              - {name: bring a file, download: in/data, to: tree/a/data, mode: 755}
              - {name: bring a text, download: {text: "text ${word}\n"}, to: tree/b/text}
              - {name: bring a secret, download: {secret: token}, to: tree/b/token, mode: 600}
              - {name: script, run: 'echo "$WORD"; test -x a/data && cat a/data b/text; stat -c %a b/token', workdir: tree}
              - {name: words, run: [printf, "%s|", a b, "${word}"]}
              - {name: input, run: [cat], stdin: "from stdin\n"}
              - {name: secret input, run: [sha256sum], stdin_secret: token}
              - {name: secret variable, run: 'printf "%s\n" "$TOKEN"; printf %s "$TOKEN" | base64; printf %s "$TOKEN" | sed "s/\(...\)/\1\n/g"; echo', secrets: {TOKEN: token}}
              - {name: terminal, run: 'tty > /dev/null && echo is a terminal', pty: true}
              - name: followed file
                run: for i in 1 2 3; do echo line $i >> tree/run.log; done
                logfiles: {run: tree/run.log}
              - {name: over its time, run: 'echo begun; sleep 60', timeout: 1s, warn_on_failure: true}
              - {name: silent, run: 'echo begun; sleep 60', silence_timeout: 1s, flunk_on_failure: false}
              - {name: copy, copy: tree, to: copy}
              - {name: there, stat: copy/a/data}
              - {name: not there, stat: nothing, flunk_on_failure: false}
              - {name: only then, run: [echo, was not there], if: "steps['not there'] == 'failed'"}
              - {name: never, run: [echo, no], if: "steps.there != 'succeeded'"}
              - {name: names, list: copy}
              - {name: pattern, glob: 'copy/*/t*'}
              - {name: keep a file, upload: copy/b/text, to: 'out/${job}/text'}
              - {name: keep a folder, upload_directory: copy/a, to: 'out/${job}/a'}
              - {name: fails, run: exit 3, halt_on_failure: false}
              - {name: after it, run: echo still here}
              - {name: stops, run: exit 4}
              - {name: not reached, run: echo no}
              - {name: clean up, remove: copy, always_run: true}
              - {name: gone, stat: copy, always_run: true, flunk_on_failure: false}
          - name: leaving
            workers: [builder-1, embedded]
            properties: {target: }
            steps:
              - {name: make, run: 'rm -rf bad; mkdir bad; echo x > bad/f; ln -s ${target} bad/out'}
              - {name: keep, upload_directory: bad, to: 'out/${job}/bad'}
          - name: slow
            workers: [builder-1]
            properties: {go: }
            steps:
              - {name: work, run: 'echo begun; until [ -e ${go} ]; do sleep 0.2; done; echo done'}
          - name: long
            steps:
              - {name: sleep, run: 'echo asleep; sleep 300'}
              - {name: next, run: echo no}
              - {name: clean, run: echo cleaned > ../cleaned, always_run: true}
        """;

    [Theory]
    [InlineData("stock")]
    [InlineData("stock-pb")]
    [InlineData("quern")]
    [InlineData("quern-v1")]
    [InlineData("quern-pb")]
    [InlineData("embedded")]
    public async Task Every_kind_of_step_does_what_it_says(string kind)
    {
        using var folder = new ScratchFolder();
        Directory.CreateDirectory(folder["in"]);
        Directory.CreateDirectory(folder["out"]);
        File.WriteAllText(folder["in/data"], "data of the master\n");
        File.WriteAllText(folder["token"], "T0p/Secret+Value?7\n");
        await using var farm = await BuilderFarm.StartAsync(kind, folder, EveryKind);

        var job = await farm.RunAsync("every", ("word", "it's me"));

        Assert.Equal(
            [
                "clean succeeded", "make folders succeeded", "bring a file succeeded", "bring a text succeeded", "bring a secret succeeded",
                "script succeeded", "words succeeded", "input succeeded", "secret input succeeded", "secret variable succeeded", "terminal succeeded",
                "followed file succeeded", "over its time warnings", "silent failed", "copy succeeded", "there succeeded", "not there failed",
                "only then succeeded", "never skipped", "names succeeded", "pattern succeeded", "keep a file succeeded", "keep a folder succeeded",
                "fails failed", "after it succeeded", "stops failed", "not reached skipped", "clean up succeeded", "gone failed",
            ],
            BuilderFarm.StepsOf(job));
        Assert.Equal(("failed", "fails", "3"), (job["state"]!.ToString(), job["failed_step"]!.ToString(), job["exit_code"]!.ToString()));
        Assert.Equal("it's me\ndata of the master\ntext it's me\n600\n", await farm.OutputAsync(job, "script"));
        Assert.Equal("a b|it's me|\n", await farm.OutputAsync(job, "words"));
        Assert.Equal("from stdin\n", await farm.OutputAsync(job, "input"));
        Assert.StartsWith("is a terminal", await farm.OutputAsync(job, "terminal"), StringComparison.Ordinal);
        Assert.Equal("line 1\nline 2\nline 3\n", string.Concat((await farm.LogAsync(job, "name=run")).Split('\n').Where(l => l.StartsWith("line", StringComparison.Ordinal)).Select(l => l + "\n")));
        Assert.Equal("was not there\n", await farm.OutputAsync(job, "only then"));
        Assert.Contains("text", await farm.OutputAsync(job, "pattern"), StringComparison.Ordinal);
        Assert.Equal("a\nb\n", string.Concat((await farm.OutputAsync(job, "names")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(n => n is "a" or "b").Order(StringComparer.Ordinal).Select(n => n + "\n")));
        string kept = folder[$"out/{job["id"]}"];
        Assert.Equal("text it's me\n", File.ReadAllText(Path.Combine(kept, "text")));
        Assert.Equal("data of the master\n", File.ReadAllText(Path.Combine(kept, "a", "data")));

        string log = await farm.LogAsync(job);
        string joined = log.Replace("\n", "", StringComparison.Ordinal);
        Assert.DoesNotContain("T0p/Secret", joined, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("T0p/Secret"u8)[..12], joined, StringComparison.Ordinal);
        Assert.StartsWith("***\n***\n***", await farm.OutputAsync(job, "secret variable"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stock")]
    [InlineData("stock-pb")]
    [InlineData("quern")]
    [InlineData("quern-v1")]
    [InlineData("quern-pb")]
    [InlineData("embedded")]
    public async Task A_cancelled_run_still_cleans_up(string kind)
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["token"], "T0p/Secret+Value?7\n");
        await using var farm = await BuilderFarm.StartAsync(kind, folder, EveryKind);
        string id = await farm.BeginAsync("long");

        var job = await farm.CancelWhenAsync(id, "asleep");

        Assert.Equal("cancelled", job["state"]!.ToString());
        Assert.Equal(["sleep cancelled", "next skipped", "clean succeeded"], BuilderFarm.StepsOf(job));
    }

    [Theory]
    [InlineData("stock", "/etc")]
    [InlineData("stock-pb", "a/../../../..")]
    [InlineData("quern", "/etc")]
    [InlineData("quern-pb", "a/../../../..")]
    [InlineData("embedded", "/etc")]
    public async Task A_folder_with_a_link_that_leaves_it_is_not_kept(string kind, string target)
    {
        using var folder = new ScratchFolder();
        Directory.CreateDirectory(folder["out"]);
        File.WriteAllText(folder["token"], "unused\n");
        await using var farm = await BuilderFarm.StartAsync(kind, folder, EveryKind);

        var job = await farm.RunAsync("leaving", ("target", target));

        Assert.Equal(["make succeeded", "keep failed"], BuilderFarm.StepsOf(job));
        Assert.Contains("a member that is not taken (SymbolicLink", job.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder["out"], "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("stock")]
    [InlineData("stock-pb")]
    [InlineData("quern")]
    [InlineData("quern-pb")]
    public async Task A_worker_that_is_sent_home_ends_when_its_job_has_and_gets_no_other(string kind)
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["token"], "unused\n");
        await using var farm = await BuilderFarm.StartAsync(kind, folder, EveryKind);
        string first = await farm.BeginAsync("slow", ("go", folder["go"])), second = await farm.BeginAsync("slow", ("go", folder["go"]));

        var job = await farm.WhenAsync(first, "begun", async () =>
        {
            await farm.SendHomeAsync();
            File.WriteAllText(folder["go"], "");
        });

        Assert.Equal(0, await farm.WorkerEndAsync());
        Assert.Equal("begun\ndone\n", await farm.OutputAsync(job, "work"));
        Assert.Equal(("succeeded", "ready"), (job["state"]!.ToString(), await farm.StateAsync(second)));
    }

    [Theory]
    [InlineData("stock-pb")]
    [InlineData("quern-tac-pb")]
    public async Task A_worker_that_asks_to_go_ends_when_its_job_has(string kind)
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["token"], "unused\n");
        await using var farm = await BuilderFarm.StartAsync(kind, folder, EveryKind);
        string id = await farm.BeginAsync("slow", ("go", folder["go"]));

        var job = await farm.WhenAsync(id, "begun", async () =>
        {
            await farm.HangUpAsync();
            File.WriteAllText(folder["go"], "");
        });

        Assert.Equal(0, await farm.WorkerEndAsync());
        Assert.Equal("succeeded", job["state"]!.ToString());
    }

    [Theory]
    [InlineData("quick", true, "failed")]
    [InlineData("full", false, "succeeded")]
    public async Task The_sample_builds_a_real_repository(string level, bool broken, string state)
    {
        using var folder = new ScratchFolder();
        await using var farm = await BuilderFarm.StartAsync("embedded", folder, File.ReadAllText(Path.Combine(Root(), "samples", "builders.yaml")));
        string repository = await RepositoryAsync(folder, broken);

        var job = await farm.RunAsync("nightly", ("repository", repository), ("level", level));

        string log = await farm.LogAsync(job);
        Assert.True(state == job["state"]!.ToString(), log);
        string kept = folder[$"artifacts/nightly/{job["id"]}"];
        Assert.Equal(
            broken
                ? ["checkout succeeded", "configure succeeded", "compile succeeded", "test failed", "lint warnings", "keep the report of a failed test succeeded", "keep the program skipped", "clean succeeded"]
                : ["checkout succeeded", "configure succeeded", "compile succeeded", "test succeeded", "lint warnings", "keep the report of a failed test skipped", "keep the program succeeded", "clean succeeded"],
            BuilderFarm.StepsOf(job));
        Assert.Equal("checking for a shell... yes\n", await farm.LogAsync(job, "name=config"));
        Assert.False(Directory.Exists(folder["worker/nightly/src"]));
        if (broken) Assert.Equal("test 2 failed\n", File.ReadAllText(Path.Combine(kept, "report.txt")));
        else Assert.Equal("#!/bin/sh\necho program\n", File.ReadAllText(Path.Combine(kept, "out", "program")));
    }

    /// <summary>A git repository with a configure script and a makefile.</summary>
    private static async Task<string> RepositoryAsync(ScratchFolder folder, bool broken)
    {
        string path = folder["repository"];
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "configure"), "#!/bin/sh\necho 'checking for a shell... yes'\n");
        File.SetUnixFileMode(Path.Combine(path, "configure"), (UnixFileMode)0b111_101_101);
        File.WriteAllText(Path.Combine(path, "Makefile"), $"""
            all:
            	mkdir -p out && printf '#!/bin/sh\necho program\n' > out/program
            test:
            	{(broken ? "echo 'test 2 failed' > report.txt; exit 1" : "test -s out/program")}
            lint:
            	echo 'line 3 is too long'; exit 1

            """);
        string[][] commands =
        [
            ["init", "--quiet", "--initial-branch=main"], ["add", "."],
            ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "first"],
        ];
        foreach (string[] arguments in commands)
        {
            var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = path };
            using var git = Process.Start(start)!;
            await git.WaitForExitAsync();
            Assert.Equal(0, git.ExitCode);
        }
        return path;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Quern.slnx"))) folder = folder.Parent;
        return folder.FullName;
    }
}
