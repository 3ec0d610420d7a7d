using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.WorkerHost;

namespace Quern.Cli.Commands;

/// <summary>Commands that run something: a master, a worker; and the check of a master's file.</summary>
internal static class MasterCommands
{
    private static readonly Option<string?> Http = new("--http") { Description = "where HTTP listens (default 127.0.0.1:8010; port 0 picks a free one)", HelpName = "ADDR:PORT" };
    private static readonly Option<string[]> Listen = new("--listen") { Description = "a listener of this run; may be repeated", HelpName = "PROTOCOL=ADDR:PORT" };
    private static readonly Option<string?> Config = new("--config") { Description = "quern.yaml: environments, workers, listeners, limits", HelpName = "FILE" };
    private static readonly Option<string?> FirstPasswordFile = new("--first-password-file") { Description = "the first password of user admin; not used once there is an account", HelpName = "FILE" };
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "tell on standard error what happens" };
    private static readonly Option<int?> Slots = new("--slots") { Description = "jobs at once on the embedded worker (default: one per processor)", HelpName = "N" };
    private static readonly Option<bool> NoWorker = new("--no-worker") { Description = "no embedded worker" };

    private const string NoEnvironment =
        "No environment is configured, so recipes are stored but builds of them fail. Start with --config and a file as samples/quern.yaml; docs/building.md explains it.";

    public static IEnumerable<Command> All(CommandMaker make)
    {
        Slots.Validators.Clear();
        Slots.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is < 1 or > 1024) r.AddError("--slots must be from 1 to 1024.");
        });
        yield return make.Make("up", "Runs a master with an embedded worker, API and pages", (c, stop) => RunAsync(c, embedded: true, stop),
            Http, Listen, Config, FirstPasswordFile, Verbose, Slots, NoWorker);
        yield return make.Make("master", "Runs a master without an embedded worker", (c, stop) => RunAsync(c, embedded: false, stop),
            Http, Listen, Config, FirstPasswordFile, Verbose);

        var file = new Argument<string>("FILE") { Description = "quern.yaml" };
        yield return make.Make("check", "Checks a configuration file", (c, _) => Task.FromResult(Check(c, c.Result.GetRequiredValue(file))), file);
        yield return make.Make("version", "Shows the version", (c, _) => Task.FromResult(Version(c)));
    }

    private static async Task<int> RunAsync(CommandContext context, bool embedded, CancellationToken stop)
    {
        var result = context.Result;
        var configuration = FarmConfiguration.Empty;
        if (result.GetValue(Config) is { } file)
        {
            switch (ConfigurationFile.Load(file))
            {
                case ConfigurationResult.Invalid invalid:
                    foreach (var problem in invalid.Problems) context.Terminal.Note(problem.ToString());
                    context.Terminal.Note($"quern: {file} cannot be used; nothing was started.");
                    return ExitCode.Failed;
                case ConfigurationResult.Read read:
                    configuration = read.Configuration;
                    break;
            }
        }
        string data = result.GetResult("--data") is null && configuration.DataFolder is { } named ? named : context.Data;
        var options = new MasterOptions
        {
            DataFolder = data,
            Http = result.GetValue(Http) is { } http ? HttpOf(http) : configuration.Http ?? new IPEndPoint(IPAddress.Loopback, 8010),
            Listen = [.. (result.GetValue(Listen) ?? []).Select(ListenerOf)],
            Configuration = configuration,
            FirstPassword = FirstPassword(result.GetValue(FirstPasswordFile)),
            FetchProgram = OwnProgram(),
            Verbose = result.GetValue(Verbose),
        };
        var start = await QuernMaster.StartAsync(options, TimeProvider.System, stop);
        if (start is MasterStart.Failed failed)
        {
            context.Terminal.Note($"quern: {failed.Reason}");
            return ExitCode.Failed;
        }
        var running = (MasterStart.Running)start;
        var (master, newPassword) = running;
        await using (master)
        {
            if (running.FirstPasswordUnused) context.Terminal.Note("--first-password-file is not used: there are accounts already, which stay as they are.");
            if (configuration is { Release: null, Cross: null, Builders.IsEmpty: true }) context.Terminal.Note(NoEnvironment);
            if (newPassword is not null) context.Terminal.Note($"The first password of user 'admin' is {newPassword} (shown this once). It must be changed at the first sign-in.");
            if (embedded && !result.GetValue(NoWorker))
                master.Attach(new EmbeddedWorkerLink(new WorkerName("embedded"), Path.Combine(data, "worker"), TimeProvider.System), result.GetValue(Slots) ?? Environment.ProcessorCount);
            string address = $"http://{master.Http}";
            await File.WriteAllTextAsync(Path.Combine(data, Folders.AddressFile), address + "\n", stop);
            foreach (var (protocol, endPoint) in master.Listening) context.Terminal.Line($"listening {protocol} {endPoint}");
            if (master.ShownCertificate is { } fingerprint) context.Terminal.Note($"The farm's certificate has the SHA-256 fingerprint {fingerprint}; whoever connects within TLS compares it.");
            context.Terminal.Line($"ready {address}");
            await context.Terminal.Output.FlushAsync(stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            File.Delete(Path.Combine(data, Folders.AddressFile));
        }
        return ExitCode.Success;
    }

    private static int Check(CommandContext context, string file)
    {
        var loaded = ConfigurationFile.Load(file);
        var problems = (loaded as ConfigurationResult.Invalid)?.Problems ?? [];
        if (context.Json)
        {
            context.WriteJson(new JsonObject
            {
                ["file"] = file,
                ["ok"] = problems.IsEmpty,
                ["problems"] = new JsonArray([.. problems.Select(p => (JsonNode)new JsonObject { ["line"] = p.Line, ["column"] = p.Column, ["message"] = p.Message })]),
            });
        }
        else if (loaded is ConfigurationResult.Read read)
        {
            var c = read.Configuration;
            context.Terminal.Line($"ok  {file}: {c.Workers.Length} workers, {c.Listeners.Length} listeners, {c.Builders.Length} builders, release {(c.Release is null ? "not configured" : "configured")}, cross {(c.Cross is null ? "not configured" : "configured")}");
        }
        foreach (var problem in problems) context.Terminal.Note(problem.ToString());
        return problems.IsEmpty ? ExitCode.Success : ExitCode.Failed;
    }

    private static int Version(CommandContext context)
    {
        string version = typeof(QuernMaster).Assembly.GetName().Version?.ToString(3) ?? "";
        if (context.Json) context.WriteJson(new JsonObject { ["version"] = version, ["runtime"] = Environment.Version.ToString() });
        else context.Terminal.Line($"quern {version}");
        return ExitCode.Success;
    }

    private static IPEndPoint HttpOf(string text) => EndPoints.TryParse(text, out var endPoint)
        ? endPoint
        : throw new CommandFailedException(ExitCode.Usage, $"--http: '{text}' is not ADDR:PORT with an IP address and a port from 0 to 65535.");

    private static ListenerSetting ListenerOf(string text)
    {
        if (text.Split('=', 2) is not [var protocol, var address] || !EndPoints.TryParse(address, out var endPoint))
            throw new CommandFailedException(ExitCode.Usage, $"--listen: '{text}' is not PROTOCOL=ADDR:PORT, such as {ListenerProtocols.BuildbotMessagePack}=0.0.0.0:9990.");
        if (!ListenerProtocols.IsKnown(protocol)) throw new CommandFailedException(ExitCode.Usage, $"--listen: {ListenerProtocols.Unknown(protocol)}");
        return new ListenerSetting(protocol, endPoint.Address, endPoint.Port);
    }

    private static string? FirstPassword(string? file)
    {
        if (file is null) return null;
        return PasswordFile.TryRead(file, out string why) ?? throw new CommandFailedException(ExitCode.Usage, $"--first-password-file: {why}");
    }

    /// <summary>This program, to be started again as the fetcher.</summary>
    private static ImmutableArray<string> OwnProgram()
    {
        string program = Environment.ProcessPath ?? "quern";
        string verb = Packaging.Sources.FetchProgram.Verb;
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "quern.dll"), verb]
            : [program, verb];
    }
}
