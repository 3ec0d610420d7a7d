using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.WorkerHost;

namespace Quern.Cli.Commands;

/// <summary>Workers.</summary>
internal static class FarmCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        yield return Worker(make);
        yield return ListenerCommands.Group(make);
    }

    private static Command Worker(CommandMaker make)
    {
        var master = new Option<string?>("--master") { Description = "the master to join: pb://HOST:PORT, ws://HOST:PORT, within TLS pbs:// and wss://; branch://HOST as a build bot", HelpName = "URI" };
        var name = new Option<string?>("--name") { Description = "the worker's name", HelpName = "NAME" };
        var password = new Option<string?>("--password-file") { Description = "a file with its password, or its key for branch://", HelpName = "FILE" };
        var dir = new Option<string?>("--dir") { Description = "where builds happen", HelpName = "DIR" };
        var proxy = new Option<string?>("--proxy-connection-string") { Description = "an HTTP proxy on the way, like tcp:HOST:PORT", HelpName = "ENDPOINT" };
        var retries = new Option<string?>("--maxretries") { Description = "ends after so many failed attempts in a row (never)", HelpName = "N" };
        var revision = new Option<string?>("--revision") { Description = "for ws://: v7, or v1 for a master of Buildbot 3.5; for branch://: v2.1, v2.0 or v1b alone", HelpName = "REVISION" };
        var network = new Option<string?>("--build-network") { Description = "for branch://: whether builds may reach the network (no)", HelpName = "yes|no" };
        var sources = new Option<string?>("--private-sources") { Description = "for branch://: whether recipes may name sources at private addresses (no)", HelpName = "yes|no" };
        var shown = new Argument<string>("NAME") { Description = "a worker" };
        var rotate = new Option<bool>("--rotate") { Description = "a new one for a worker that has one; the old one is worth nothing from then on" };
        var brought = new Option<string?>("--password-file") { Description = "a file of one line: the password that the worker has already; '-' for standard input (one is made)", HelpName = "FILE" };
        var newSlots = new Option<int>("--slots") { Description = "jobs at once of a new worker (1)", HelpName = "N", DefaultValueFactory = _ => 1 };
        var pins = new Option<string[]>("--master-fingerprint") { Description = "for wss:// and pbs://: SHA-256 of the master's certificate or public key; may be repeated", HelpName = "SHA256" };
        var certificate = new Option<string?>("--certificate") { Description = "for wss:// and pbs://: a PEM file with our own certificate", HelpName = "FILE" };
        var certificateKey = new Option<string?>("--certificate-key") { Description = "the file with its key, unless it stands there too", HelpName = "FILE" };
        var slots = new Argument<int>("SLOTS") { Description = "jobs at once, 1 or more" };
        return make.Make("worker", "Runs a worker (with --master), or shows the farm's", (c, _) =>
            {
                if (c.Result.GetValue(master) is not { } uri)
                    throw new CommandFailedException(ExitCode.Usage, "'quern worker' runs a worker and needs --master; 'quern worker list' shows the farm's.");
                Option<string?>[] others = [name, password, dir, proxy, retries, revision, network, sources, certificate, certificateKey];
                return WorkerProgram.RunAsync(
                [
                    "--master", uri, .. others.SelectMany(o => Given(o.Name, c.Result.GetValue(o))),
                    .. (c.Result.GetValue(pins) ?? []).SelectMany(p => Given(pins.Name, p)),
                ]);
            },
            master, name, password, dir, proxy, retries, revision, network, sources, pins, certificate, certificateKey,
            make.Make("list", "Lists the workers", ListWorkersAsync),
            make.Make("show", "Shows one worker and when it came and went", (c, stop) => ShowWorkerAsync(c, c.Result.GetRequiredValue(shown), stop), shown),
            make.Make("shutdown", "Sends a worker home: no more jobs, and it ends when it has none",
                (c, stop) => SendHomeAsync(c, c.Result.GetRequiredValue(shown), stop), shown),
            make.Make("credential", "Gives a worker a password: a random one, shown once, or the one that it has already",
                async (c, stop) => await GiveCredentialAsync(
                    c, c.Result.GetRequiredValue(shown), c.Result.GetValue(rotate), c.Result.GetValue(newSlots), await SecretInput.ReadBroughtAsync(c, brought, stop), stop),
                shown, rotate, newSlots, brought),
            make.Make("slots", "Sets how many jobs a worker runs at once; running jobs go on",
                (c, stop) => SetSlotsAsync(c, c.Result.GetRequiredValue(shown), c.Result.GetRequiredValue(slots), stop), shown, slots));
    }

    private static async Task<int> SetSlotsAsync(CommandContext c, string name, int slots, CancellationToken stop)
    {
        using var farm = c.Connect();
        var worker = await farm.PutAsync($"/api/v1/workers/{Uri.EscapeDataString(name)}/slots", new JsonObject { ["slots"] = slots }, stop);
        if (c.Json) c.WriteJson(worker);
        else c.Terminal.Line($"{Text(worker, "name")} has {Text(worker, "slots")} slots, {Text(worker, "busy")} busy" +
            (Text(worker, "origin") == "file" ? "; the configuration file's number comes back at the next start" : ""));
        return ExitCode.Success;
    }

    private static async Task<int> GiveCredentialAsync(CommandContext c, string name, bool rotate, int slots, string? brought, CancellationToken stop)
    {
        using var farm = c.Connect();
        var request = new JsonObject { ["rotate"] = rotate, ["slots"] = slots };
        if (brought is not null) request["password"] = brought;
        var given = await farm.PostAsync($"/api/v1/workers/{Uri.EscapeDataString(name)}/credential", request, stop);
        if (c.Json) c.WriteJson(given);
        else c.Terminal.Line(brought is null ? Text(given, "password") : $"{Text(given, "name")} may join with the password that it has");
        return ExitCode.Success;
    }

    private static async Task<int> SendHomeAsync(CommandContext c, string name, CancellationToken stop)
    {
        using var farm = c.Connect();
        var worker = await farm.PostAsync($"/api/v1/workers/{Uri.EscapeDataString(name)}/shutdown", [], stop);
        if (c.Json) c.WriteJson(worker);
        else c.Terminal.Line($"{Text(worker, "name")} gets no more jobs and ends when the {Text(worker, "busy")} it runs have ended");
        return ExitCode.Success;
    }

    private static async Task<int> ListWorkersAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var workers = await farm.ListAsync("/api/v1/workers", "after", int.MaxValue, stop);
        if (c.Json) c.WriteJson(workers);
        else c.Terminal.Table(["NAME", "STATE", "SLOTS", "PROTOCOL", "SINCE", "LAST CHANGE"],
            [.. workers.Select(w => (IReadOnlyList<string>)[Text(w, "name"), Text(w, "state"), $"{Text(w, "busy")}/{Text(w, "slots")}", Text(w, "protocol"), Show.Time(w!["since"]), Text(w, "last_change")])]);
        return ExitCode.Success;
    }

    private static async Task<int> ShowWorkerAsync(CommandContext c, string name, CancellationToken stop)
    {
        using var farm = c.Connect();
        var worker = await farm.GetAsync($"/api/v1/workers/{Uri.EscapeDataString(name)}", stop);
        if (c.Json)
        {
            c.WriteJson(worker);
            return ExitCode.Success;
        }
        foreach (string key in (string[])["name", "state", "slots", "busy", "protocol", "version", "architecture", "system"]) c.Terminal.Line($"{key,-13}{Text(worker, key)}");
        foreach (var change in worker["events"]?.AsArray() ?? []) c.Terminal.Line($"{Show.Time(change!["time"])}  {Text(change, "kind"),-13} {Text(change, "reason")}");
        return ExitCode.Success;
    }

    private static string[] Given(string option, string? value) => value is null ? [] : [option, value];

    private static string Text(JsonNode? node, string key) => node?[key]?.ToString() ?? "";
}
