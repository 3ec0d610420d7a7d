using System.CommandLine;
using Quern.Packaging.Planning;

namespace Quern.Cli.Demo;

/// <summary><c>quern demo</c>: real programs from real sources, on a farm of its own.</summary>
internal static class DemoCommand
{
    public static Command Make(CommandMaker make)
    {
        var worker = new Option<string>("--worker") { Description = "what builds: embedded, or buildbot (an unmodified buildbot-worker)", DefaultValueFactory = _ => "embedded" };
        worker.AcceptOnlyFromAmong("embedded", "buildbot");
        var slots = new Option<int>("--slots") { Description = "jobs at once", DefaultValueFactory = _ => 2 };
        slots.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() is < 1 or > 64) r.AddError("--slots takes a number from 1 to 64.");
        });
        var isolation = new Option<string>("--isolation")
        {
            Description = "sandbox, or host where the machine allows no sandbox (then builds see the machine's own files)",
            DefaultValueFactory = _ => "sandbox",
        };
        isolation.AcceptOnlyFromAmong("sandbox", "host");
        return make.Make("demo", "Build real programs and libraries from their upstream sources, then run some of them", async (context, cancellationToken) =>
        {
            var options = new DemoOptions
            {
                DataFolder = context.DataNamed ?? context.Data + "-demo",
                StockWorker = context.Result.GetValue(worker) == "buildbot",
                Slots = context.Result.GetValue(slots),
                Isolation = context.Result.GetValue(isolation) == "host" ? Isolation.Host : Isolation.Sandbox,
            };
            if (options.Isolation == Isolation.Sandbox && await SandboxProbe.RefusalAsync(cancellationToken) is { } refusal)
                throw new CommandFailedException(ExitCode.Failed, $"{refusal} With '--isolation host' the demo builds without a sandbox.");
            var report = await new DemoRun(options, context.Terminal, TimeProvider.System).RunAsync(cancellationToken);
            if (context.Json) context.WriteJson(report.ToJson());
            else report.Write(context.Terminal);
            return report.AllWell ? ExitCode.Success : ExitCode.Failed;
        }, worker, slots, isolation);
    }
}
