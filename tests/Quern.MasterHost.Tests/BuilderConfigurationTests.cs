using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Pipelines;
using Quern.Testing;

namespace Quern.MasterHost.Tests;

public sealed class BuilderConfigurationTests
{
    private const string Workers = "workers: [{name: builder-1, password: x, tags: [big]}]\nlocks: {board: 2}\nbuilders:\n  - name: b\n";

    /// <summary>Lines after <see cref="Workers"/>, which has four.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        { "    steps: [{rnu: make}]", "5:14: unknown key 'rnu' in 'builders[0].steps[0]'" },
        { "    steps: [{rnu: make}]", "Did you mean 'run'?" },
        { "    setps: []", "5:5: unknown key 'setps' in 'builders[0]'" },
        { "    steps: []", "5:12: a builder needs at least one step in 'steps'." },
        { "    steps: [{name: a}]", "5:13: a step needs one of the keys run, upload, upload_directory" },
        { "    steps: [{run: make, mkdir: x}]", "5:13: a step does one thing; this one has the keys run, mkdir." },
        { "    steps: [{mkdir: x, pty: true}]", "5:29: 'pty' belongs to run, not to 'mkdir'." },
        { "    steps: [{upload: x}]", "5:13: 'builders[0].steps[0]' needs the key 'to'." },
        { "    workers: [bulder-1]\n    steps: [{run: x}]", "5:15: there is no worker 'bulder-1'; the section 'workers' names those that there are. Did you mean 'builder-1'?" },
        { "    tags: [bog]\n    steps: [{run: x}]", "5:12: no worker of this file has the tag 'bog'. Did you mean 'big'?" },
        { "    locks: [bord]\n    steps: [{run: x}]", "5:13: there is no lock 'bord'; the section 'locks' names those that there are. Did you mean 'board'?" },
        { "    properties: {job: x}\n    steps: [{run: x}]", "5:18: the property 'job' is always there and cannot be declared." },
        { "    properties: {1x: x}\n    steps: [{run: x}]", "5:18: '1x' is not a property's name" },
        { "    properties:\n      level: {default: slow, choices: [quick, full]}\n    steps: [{run: x}]", "6:24: 'level' must be one of quick, full, not 'slow'." },
        { "    properties:\n      level: {defualt: slow}\n    steps: [{run: x}]", "6:15: unknown key 'defualt' in 'properties.level'" },
        { "    properties: {branch: main}\n    steps: [{run: 'echo ${brnch}'}]", "6:25: the property 'brnch' is never declared; declare it in 'properties', or write '$${brnch}' when a variable of the worker is meant. Did you mean 'branch'?" },
        { "    steps: [{run: 'echo ${HOME}'}]", "5:25: the property 'HOME' is never declared; declare it in 'properties', or write '$${HOME}' when a variable of the worker is meant." },
        { "    steps:\n      - run: |\n          make\n          echo ${HOME}", "8:16: the property 'HOME' is never declared" },
        { "    steps: [{run: 'echo ${HOME:-x}'}]", "5:25: '${HOME:-x}' holds no name of a property" },
        { "    steps: [{run: [make, '${x}']}]", "5:27: the property 'x' is never declared" },
        { "    env: {A: '${x}'}\n    steps: [{run: x}]", "5:15: the property 'x' is never declared" },
        { "    env: {A=B: x}\n    steps: [{run: x}]", "5:11: 'A=B' is not the name of an environment variable." },
        { "    steps: [{run: x, name: a}, {run: x, name: a}]", "5:47: another step of this builder already has the name 'a'." },
        { "    steps: [{run: x, name: a}, {run: x, if: \"steps.b == 'failed'\"}]", "5:52: there is no step 'b' before this one." },
        { "    steps: [{run: x, name: a, if: \"steps.c == 'failed'\"}, {run: x, name: c, if: \"steps.a == 'failed'\"}]", "5:42: step 'c' comes later, so the two would wait for each other in a circle" },
        { "    steps: [{run: x, name: a, if: \"steps.a == 'failed'\"}]", "5:42: the condition looks at its own step" },
        { "    steps: [{run: x, name: a}, {run: x, if: \"steps.a == 'faild'\"}]", "5:57: 'faild' is no outcome of a step" },
        { "    steps: [{run: x, name: a}, {run: x, if: \"steps.a == 'faild'\"}]", "Did you mean 'failed'?" },
        { "    steps: [{run: x, if: \"properties.x == 'y'\"}]", "5:38: the property 'x' is never declared." },
        { "    steps: [{run: x, timeout: 5}]", "5:31: 'builders[0].steps[0].timeout' must be a time such as 90s, 20m or 2h, not '5'." },
        { "    steps: [{run: x, warn_on_failure: true, flunk_on_failure: true}]", "5:63: 'warn_on_failure' and 'flunk_on_failure' exclude each other" },
        { "    steps: [{download: /srv/x, to: y, mode: 999}]", "5:45: 'mode' must be permission bits" },
        { "    steps: [{download: {text: x, secret: y}, to: y}]", "5:24: 'download' needs a path of the master, or either 'text' or 'secret'." },
        { "    steps: [{upload: x, to: '${job}/x'}]", "5:29: 'to' is a path of the master and must begin with a folder, not with a property." },
        { "    steps: [{run: x, secrets: {TOKEN: deploy}}]", "5:39: there is no secret 'deploy'; the section 'secrets' names those that there are." },
        { "    steps: [{run: x, stdin: a, stdin_secret: b}]", "5:46: a program has one standard input" },
        { "    steps: [{run: x, doStepIf: y}]", "Did you mean 'if'?" },
        { "    steps: [{run: 'echo ${buildnumber}'}]", "Did you mean 'job'?" },
        { "    steps: [{run: x, name: a}, {run: x, if: \"steps.a == 'failure'\"}]", "Did you mean 'failed'?" },
        { "    steps:\n      - run: curl -H X: y", "must stand in quotes, or in the lines below '|'." },
        { "    priority: 5000\n    steps: [{run: x}]", "5:15: 'builders[0].priority' must be a whole number from -1000 to 1000, not '5000'." },
        { "    steps: [{run: x}]\n  - name: b\n    steps: [{run: x}]", "6:11: the builder 'b' stands twice in this file." },
        { "    steps: [{run: x}]\n  - name: ../b\n    steps: [{run: x}]", "6:11: '../b' is not a builder's name" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_place(string text, string expected)
    {
        var invalid = Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("quern.yaml", Workers + text));

        Assert.Contains(invalid.Problems.Select(p => p.ToString()), p => p.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("locks: {board: 0}", "1:16: the lock 'board' must say how many jobs may hold it at once, from 1 to 10000: with 0 none of its jobs would ever run.")]
    [InlineData("locks: {'a,b': 1}", "1:9: 'a,b' is not a lock's name")]
    [InlineData("locks: [board]", "1:8: 'locks' must be a mapping of names to values.")]
    [InlineData("secrets: {token: /nowhere/token}", "1:18: the secret 'token': the file '/nowhere/token' cannot be read")]
    public void Locks_and_secrets_are_checked_too(string text, string expected)
    {
        var invalid = Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("quern.yaml", text));

        Assert.Contains(expected, Assert.Single(invalid.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_secret_is_refused_without_being_told()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["t"], "abc\n");

        var invalid = Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("quern.yaml", $"secrets: {{t: {folder["t"]}}}"));

        Assert.Contains("fewer than 4 characters", Assert.Single(invalid.Problems).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", invalid.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_builder_says_what_the_file_says()
    {
        const string Text = """
                workers: [builder-1, embedded]
                tags: [big, arch=x86_64]
                locks: [board]
                priority: 7
                properties: {branch: main, revision:, empty: ''}
                steps:
                  - run: [make, "${branch}"]
                    halt_on_failure: false
                  - run: make check
                    warn_on_failure: true
                    silence_timeout: never
                  - run: make clean
                    always_run: true
                    flunk_on_failure: false
                    timeout: 90s
                  - download: {text: "x"}
                    to: a
                    mode: 755
                  - upload: a
                    to: out/a
            """;

        var result = ConfigurationFile.Parse("/etc/quern/quern.yaml", Workers + Text);
        var read = Assert.IsType<ConfigurationResult.Read>(result).Configuration;

        var builder = Assert.Single(read.Builders);
        Assert.Equal((7, "main", null, ""), (builder.Priority, builder.Properties[0].Default, builder.Properties[1].Default, builder.Properties[2].Default));
        Assert.Equal(["run", "run-2", "run-3", "download", "upload"], builder.Steps.Select(s => s.Name));
        Assert.Equal(
            [(FailureEffect.Fail, false), (FailureEffect.Warn, false), (FailureEffect.Ignore, false), (FailureEffect.Fail, true)],
            builder.Steps.Take(4).Select(s => (s.OnFailure, s.HaltOnFailure)));
        Assert.Null(((StepAction.Run)builder.Steps[1].Action).SilenceTimeout);
        Assert.Equal(TimeSpan.FromSeconds(90), builder.Steps[2].Timeout);
        Assert.Equal(0b111_101_101, ((StepAction.Download)builder.Steps[3].Action).Mode);
        Assert.Equal("/etc/quern/out/a", ((StepAction.Upload)builder.Steps[4].Action).To.Source);
        Assert.Equal(2, read.Locks["board"]);
    }
}
