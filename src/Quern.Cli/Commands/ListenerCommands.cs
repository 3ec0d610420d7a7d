using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;

namespace Quern.Cli.Commands;

/// <summary>The farm's doors.</summary>
internal static class ListenerCommands
{
    private const string Root = "/api/v1/listeners";

    public static Command Group(CommandMaker make)
    {
        var add = new Argument<string>("PROTOCOL=ADDR:PORT") { Description = "such as buildbot-msgpack=0.0.0.0:9990; port 0 picks a free one" };
        var which = new Argument<string>("LISTENER") { Description = "its name or number, or PROTOCOL=ADDR:PORT" };
        var close = new Option<bool>("--close-connections") { Description = "those that came in by it too, at once" };
        var drain = new Option<int?>("--drain") { Description = "closes those that are left after so many seconds (default: they stay)", HelpName = "SECONDS" };
        var options = new ListenerOptions();
        return CommandMaker.Group("listener", "The farm's doors",
            make.Make("list", "Lists the listeners", ListAsync),
            make.Make("show", "Shows one listener with its limits, counts and certificate", (c, stop) => ShowAsync(c, c.Result.GetRequiredValue(which), stop), which),
            make.Make("add", "Opens a listener and keeps it", (c, stop) => AddAsync(c, c.Result.GetRequiredValue(add), options, stop), [add, .. options.ForNew]),
            make.Make("set", "Changes a listener; what is open goes on when the change cannot be made",
                (c, stop) => SetAsync(c, c.Result.GetRequiredValue(which), options, Farewell(c, close, drain), stop), [which, .. options.ForChange, close, drain]),
            make.Make("start", "Opens a listener that is closed", (c, stop) => PostAsync(c, c.Result.GetRequiredValue(which), "start", [], stop), which),
            make.Make("stop", "Closes a listener until it is started, or the farm is; its connections stay",
                (c, stop) => PostAsync(c, c.Result.GetRequiredValue(which), "stop", Farewell(c, close, drain), stop), which, close, drain),
            make.Make("remove", "Closes a listener for good; its connections stay",
                (c, stop) => RemoveAsync(c, c.Result.GetRequiredValue(which), Farewell(c, close, drain), stop), which, close, drain));
    }

    private static async Task<int> ListAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var items = (await farm.GetAsync(Root, stop))["items"]!.AsArray();
        if (c.Json)
        {
            c.WriteJson(items);
            return ExitCode.Success;
        }
        c.Terminal.Table(["ID", "NAME", "PROTOCOL", "ADDRESS", "REVISIONS", "STATE", "ORIGIN", "TLS", "ACTIVE"],
            [.. items.Select(l => (IReadOnlyList<string>)[
                Show.Text(l, "id"), Show.Text(l, "name"), Show.Text(l, "protocol"), PlaceOf(l!), RevisionsOf(l!), StateOf(l!), Show.Text(l, "origin"),
                Show.Text(l!["tls"], "kind"), Show.Text(l["counts"], "active")])]);
        foreach (var shown in items.Where(l => Fingerprint(l!).Length > 0).GroupBy(l => Fingerprint(l!)))
            c.Terminal.Line($"certificate SHA-256 {shown.Key}: {string.Join(", ", shown.Select(l => Show.Text(l, "name")))}");
        return ExitCode.Success;
    }

    private static async Task<int> ShowAsync(CommandContext c, string listener, CancellationToken stop)
    {
        using var farm = c.Connect();
        var found = await FindAsync(farm, listener, stop);
        if (c.Json)
        {
            c.WriteJson(found);
            return ExitCode.Success;
        }
        foreach (string key in (string[])["id", "name", "protocol", "address", "port", "open", "state", "problem", "enabled", "origin", "owner", "revision"])
            if (Show.Text(found, key) is { Length: > 0 } text) c.Terminal.Line($"{key,-16}{text}");
        if (RevisionsOf(found) is { Length: > 0 } revisions) c.Terminal.Line($"{"revisions",-16}{revisions}");
        if (found["listening_since"] is { } since) c.Terminal.Line($"{"listening since",-16}{Show.Time(since)}");
        if (found["tls"] is { } tls)
            c.Terminal.Line($"{"tls",-16}{Show.Text(tls, "kind")}, {Show.Text(tls, "min")} or newer, good until {Show.Time(tls["not_after"])}, SHA-256 {Fingerprint(found)}");
        var (limits, counts) = (found["limits"], found["counts"]);
        c.Terminal.Line($"{"limits",-16}{Show.Text(limits, "connections")} connections, {(Show.Text(limits, "per_second") is "0" ? "any number of" : Show.Text(limits, "per_second"))} new ones per second, {Show.Text(limits, "handshake_seconds")} s for a TLS handshake");
        c.Terminal.Line($"{"counts",-16}{Show.Text(counts, "active")} active, {Show.Text(counts, "accepted")} accepted, {Show.Text(counts, "refused")} refused");
        foreach (var (reason, count) in counts?["refused_by"]?.AsObject() ?? [])
            if (count?.ToString() is { } number and not "0") c.Terminal.Line($"{"",-16}{number} {reason.Replace('_', ' ')}");
        return ExitCode.Success;
    }

    private static async Task<int> AddAsync(CommandContext c, string text, ListenerOptions options, CancellationToken stop)
    {
        var (protocol, address, port) = Split(text);
        var wanted = options.Read(c.Result);
        (wanted["protocol"], wanted["address"], wanted["port"]) = (protocol, address, port);
        using var farm = c.Connect();
        var made = await farm.PostAsync(Root, wanted, stop);
        if (c.Json) c.WriteJson(made);
        else if (made["open"] is null) c.Terminal.Line($"added {Show.Text(made, "name")}, which is closed");
        else c.Terminal.Line($"listening {protocol} {Show.Text(made, "open")}");
        return ExitCode.Success;
    }

    private static async Task<int> SetAsync(CommandContext c, string listener, ListenerOptions options, JsonObject farewell, CancellationToken stop)
    {
        var edit = options.Read(c.Result);
        if (edit.Count == 0) throw new CommandFailedException(ExitCode.Usage, "'quern listener set' needs something to change; --help lists what there is.");
        foreach (var (key, value) in farewell) edit[key] = value?.DeepClone();
        using var farm = c.Connect();
        return Told(c, await farm.PatchAsync($"{Root}/{await IdAsync(farm, listener, stop)}", edit, stop));
    }

    private static async Task<int> PostAsync(CommandContext c, string listener, string what, JsonObject body, CancellationToken stop)
    {
        using var farm = c.Connect();
        return Told(c, await farm.PostAsync($"{Root}/{await IdAsync(farm, listener, stop)}/{what}", body, stop));
    }

    private static async Task<int> RemoveAsync(CommandContext c, string listener, JsonObject farewell, CancellationToken stop)
    {
        using var farm = c.Connect();
        var found = await FindAsync(farm, listener, stop);
        string how = string.Join('&', farewell.Select(p => $"{p.Key}={p.Value}"));
        await farm.DeleteAsync($"{Root}/{Show.Text(found, "id")}?{how}", stop);
        if (c.Json) c.WriteJson(new JsonObject { ["removed"] = listener });
        else c.Terminal.Line($"closed {Show.Text(found, "protocol")} {PlaceOf(found)}");
        return ExitCode.Success;
    }

    private static int Told(CommandContext c, JsonObject listener)
    {
        if (c.Json) c.WriteJson(listener);
        else c.Terminal.Line($"{Show.Text(listener, "name")}: {StateOf(listener)}, {Show.Text(listener, "protocol")} {PlaceOf(listener)}, {Show.Text(listener["counts"], "active")} connections");
        return ExitCode.Success;
    }

    private static JsonObject Farewell(CommandContext c, Option<bool> close, Option<int?> drain)
    {
        var how = new JsonObject();
        if (c.Result.GetValue(close)) how["close_connections"] = true;
        if (c.Result.GetValue(drain) is { } seconds) how["drain_seconds"] = seconds;
        return how;
    }

    private static async Task<string> IdAsync(Client.FarmClient farm, string listener, CancellationToken stop) => Show.Text(await FindAsync(farm, listener, stop), "id");

    private static async Task<JsonObject> FindAsync(Client.FarmClient farm, string listener, CancellationToken stop)
    {
        if (!listener.Contains('=', StringComparison.Ordinal)) return await farm.GetAsync($"{Root}/{Uri.EscapeDataString(listener)}", stop);
        var (protocol, address, port) = Split(listener);
        string place = EndPoints.Text(System.Net.IPAddress.Parse(address), port);
        return (await farm.GetAsync(Root, stop))["items"]!.AsArray().OfType<JsonObject>()
            .FirstOrDefault(l => Show.Text(l, "protocol") == protocol && (PlaceOf(l) == place || (Show.Text(l, "address") == address && (int)l["port"]! == port))) ??
            throw new CommandFailedException(ExitCode.Failed, $"There is no listener {protocol} {place}.");
    }

    private static (string Protocol, string Address, int Port) Split(string text)
    {
        if (text.Split('=', 2) is [var protocol, var rest] && EndPoints.TryParse(rest, out var endPoint)) return (protocol, endPoint.Address.ToString(), endPoint.Port);
        throw new CommandFailedException(ExitCode.Usage, $"'{text}' is not PROTOCOL=ADDR:PORT, where ADDR is an IP address that one machine can have, or localhost.");
    }

    private static string PlaceOf(JsonNode listener) => Show.Text(listener, "open") is { Length: > 0 } open
        ? open
        : EndPoints.Text(System.Net.IPAddress.Parse(Show.Text(listener, "address")), int.Parse(Show.Text(listener, "port"), CultureInfo.InvariantCulture));

    private static string StateOf(JsonNode listener) =>
        listener["open"] is not null ? "open" : Show.Text(listener, "problem") is { Length: > 0 } problem ? problem : "closed";

    /// <summary>Empty where a protocol has none.</summary>
    private static string RevisionsOf(JsonNode listener) => string.Join(',', (listener["revisions"]?.AsArray() ?? []).Select(r => r!.ToString()));

    private static string Fingerprint(JsonNode listener) => Show.Text(listener["tls"], "certificate_sha256");
}
