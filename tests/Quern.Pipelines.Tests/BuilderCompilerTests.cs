using System.Collections.Immutable;
using Quern.Model;
using Xunit;

namespace Quern.Pipelines.Tests;

public sealed class BuilderCompilerTests
{
    private static readonly JobId Job = JobId.Create(DateTimeOffset.UnixEpoch);

    [Fact]
    public void Properties_take_their_places_and_defaults_fill_the_rest()
    {
        var builder = Of(new StepAction.Run { Command = [T("git"), T("checkout"), T("${branch}")] }) with
        {
            Properties = [new BuilderProperty("branch", "main"), new BuilderProperty("level", "2")],
            Environment = Env("LEVEL", "${level}"),
        };

        var plan = Compile(builder, ("branch", "next; rm -rf /"));

        var shell = Assert.IsType<RemoteCommand.Shell>(plan.Steps[0].Command);
        Assert.Equal(["git", "checkout", "next; rm -rf /"], shell.Command);
        Assert.Equal("2", shell.Environment["LEVEL"]);
        Assert.Equal("b", shell.Environment["QUERN_BUILDER"]);
        Assert.Equal(Job.ToString(), shell.Environment["QUERN_JOB"]);
        Assert.Equal(("b", "next; rm -rf /"), (plan.Builder, plan.Properties["branch"]));
    }

    [Theory]
    [InlineData("v1.2-rc_3", true)]
    [InlineData("feature/x", true)]
    [InlineData("x; reboot", false)]
    [InlineData("$(reboot)", false)]
    [InlineData("a b", false)]
    [InlineData("a\nb", false)]
    [InlineData("`id`", false)]
    public void In_a_script_a_value_is_never_syntax(string value, bool taken)
    {
        var builder = Of(new StepAction.Run { Script = T("git checkout ${branch}") }) with { Properties = [new BuilderProperty("branch", null)] };

        Assert.Equal(taken, BuilderCompiler.Compile(builder, Given(("branch", value)), Job) is CompileResult.Compiled);
    }

    [Theory]
    [InlineData("any $text; 'at' \"all\"", true)]
    [InlineData("${AWS_SECRET}", false)]
    public void In_a_variable_a_value_names_no_other_variable(string value, bool taken)
    {
        var builder = Of(new StepAction.Run { Command = [T("true")], Environment = Env("A", "<${v}>") }) with { Properties = [new BuilderProperty("v", null)] };

        Assert.Equal(taken, BuilderCompiler.Compile(builder, Given(("v", value)), Job) is CompileResult.Compiled);
    }

    [Theory]
    [InlineData("x/y", true)]
    [InlineData("/etc/shadow", false)]
    [InlineData("../other", false)]
    [InlineData("x/../../y", false)]
    public void In_a_path_a_value_leads_nowhere_else(string value, bool taken)
    {
        StepAction[] actions =
        [
            new StepAction.Upload(T("${p}"), T("/srv/x")), new StepAction.Upload(T("x"), T("/srv/${p}")), new StepAction.Remove([T("${p}")]),
            new StepAction.Copy(T("a"), T("${p}")), new StepAction.Download(new DownloadSource.File(T("/srv/${p}")), T("x")), new StepAction.Glob(T("${p}/*")),
        ];

        foreach (var action in actions)
        {
            var builder = Of(action) with { Properties = [new BuilderProperty("p", null)] };
            Assert.Equal(taken, BuilderCompiler.Compile(builder, Given(("p", value)), Job) is CompileResult.Compiled);
        }
    }

    [Fact]
    public void What_a_run_gives_wrongly_is_told_all_at_once()
    {
        var builder = Of(new StepAction.Run { Command = [T("true")] }) with
        {
            Properties = [new BuilderProperty("mode", "fast") { Choices = ["fast", "full"] }, new BuilderProperty("rev", null)],
        };

        var refused = Assert.IsType<CompileResult.Refused>(BuilderCompiler.Compile(builder, Given(("mode", "slow"), ("colour", "red")), Job));

        Assert.Equal(3, refused.Reasons.Length);
        Assert.Contains(refused.Reasons, r => r.Contains("no property 'colour'; it has mode, rev", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Contains("one of fast, full, not 'slow'", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Contains("needs the property 'rev'", StringComparison.Ordinal));
    }

    [Fact]
    public void Paths_start_at_the_steps_folder()
    {
        var steps = new BuilderStep[]
        {
            new("up", new StepAction.Upload(T("out.tar"), T("/srv/out.tar"))) { WorkingDirectory = T("src/") },
            new("run", new StepAction.Run { Script = T("make"), LogFiles = ImmutableSortedDictionary<string, Template>.Empty.Add("config", T("config.log")) }) { WorkingDirectory = T("src") },
            new("abs", new StepAction.Stat(T("/usr/bin/cc"))) { WorkingDirectory = T("src") },
        };

        var plan = Compile(new Builder("b") { Steps = [.. steps] });

        Assert.Equal("src/out.tar", ((RemoteCommand.UploadFile)plan.Steps[0].Command).WorkerPath);
        Assert.Equal("src", ((RemoteCommand.Shell)plan.Steps[1].Command).WorkingDirectory);
        Assert.Equal("src/config.log", ((RemoteCommand.Shell)plan.Steps[1].Command).LogFiles["config"]);
        Assert.Equal("/usr/bin/cc", ((RemoteCommand.Stat)plan.Steps[2].Command).Path);
    }

    [Fact]
    public void The_worker_ends_a_program_that_is_over_its_time_before_the_master_does()
    {
        var run = new BuilderStep("run", new StepAction.Run { Script = T("sleep 9") }) { Timeout = TimeSpan.FromMinutes(1) };
        var copy = new BuilderStep("copy", new StepAction.Copy(T("a"), T("b"))) { Timeout = TimeSpan.FromMinutes(1) };

        var plan = Compile(new Builder("b") { Steps = [run, copy] });

        Assert.Equal(TimeSpan.FromMinutes(1), ((RemoteCommand.Shell)plan.Steps[0].Command).Timeout);
        Assert.True(plan.Steps[0].TimeLimit > TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromMinutes(1), plan.Steps[1].TimeLimit);
    }

    [Fact]
    public void A_secret_goes_into_the_plan_by_its_name()
    {
        var action = new StepAction.Run { Script = T("deploy"), Secrets = ImmutableSortedDictionary<string, string>.Empty.Add("TOKEN", "deploy-token"), SecretInput = "key" };

        var step = Compile(Of(action)).Steps[0];

        Assert.Equal("deploy-token", step.SecretEnvironment["TOKEN"]);
        Assert.Equal("key", step.SecretInput);
    }

    private static Template T(string text)
    {
        Assert.True(Template.TryParse(text, out var template, out _));
        return template;
    }

    private static ImmutableSortedDictionary<string, Template?> Env(string name, string value) =>
        ImmutableSortedDictionary<string, Template?>.Empty.Add(name, T(value));

    private static Builder Of(StepAction action) => new("b") { Steps = [new BuilderStep("step", action)] };

    private static Dictionary<string, string> Given(params (string Name, string Value)[] given) => given.ToDictionary(g => g.Name, g => g.Value);

    private static Plan Compile(Builder builder, params (string, string)[] given) =>
        Assert.IsType<CompileResult.Compiled>(BuilderCompiler.Compile(builder, Given(given), Job)).Plan;
}
