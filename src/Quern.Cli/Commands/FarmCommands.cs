using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.WorkerHost;

namespace Quern.Cli.Commands;

/// <summary>Workers, listeners, and signing in.</summary>
internal static class FarmCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        yield return Worker(make);
        yield return Listener(make);

        var url = new Argument<string?>("URL") { Description = "the master", Arity = ArgumentArity.ZeroOrOne };
        var user = new Option<string>("--user") { Description = "who signs in", DefaultValueFactory = _ => "admin", HelpName = "NAME" };
        var password = new Option<string?>("--password-file") { Description = "a file with the password; asked for when left out", HelpName = "FILE" };
        yield return make.Make("login", "Signs in and keeps a token for later commands",
            (c, stop) => LoginAsync(c, c.Result.GetValue(url), c.Result.GetRequiredValue(user), c.Result.GetValue(password), stop), url, user, password);
    }

    private static Command Worker(CommandMaker make)
    {
        var master = new Option<string?>("--master") { Description = "the master to join, ws://HOST:PORT", HelpName = "URI" };
        var name = new Option<string?>("--name") { Description = "the worker's name", HelpName = "NAME" };
        var password = new Option<string?>("--password-file") { Description = "a file with its password", HelpName = "FILE" };
        var dir = new Option<string?>("--dir") { Description = "where builds happen", HelpName = "DIR" };
        var shown = new Argument<string>("NAME") { Description = "a worker" };
        return make.Make("worker", "Runs a worker (with --master), or shows the farm's", (c, _) =>
            {
                if (c.Result.GetValue(master) is not { } uri)
                    throw new CommandFailedException(ExitCode.Usage, "'quern worker' runs a worker and needs --master; 'quern worker list' shows the farm's.");
                string[] args = ["--master", uri, .. Given("--name", c.Result.GetValue(name)), .. Given("--password-file", c.Result.GetValue(password)), .. Given("--dir", c.Result.GetValue(dir))];
                return WorkerProgram.RunAsync(args);
            },
            master, name, password, dir,
            make.Make("list", "Lists the workers", ListWorkersAsync),
            make.Make("show", "Shows one worker and when it came and went", (c, stop) => ShowWorkerAsync(c, c.Result.GetRequiredValue(shown), stop), shown));
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

    private static Command Listener(CommandMaker make)
    {
        var add = new Argument<string>("PROTOCOL=ADDR:PORT") { Description = "such as buildbot-msgpack=0.0.0.0:9990" };
        var remove = new Argument<string>("PROTOCOL=ADDR:PORT") { Description = "as the list shows it" };
        return CommandMaker.Group("listener", "The farm's doors",
            make.Make("list", "Lists the listeners", ListListenersAsync),
            make.Make("add", "Opens a listener and keeps it", (c, stop) => AddListenerAsync(c, c.Result.GetRequiredValue(add), stop), add),
            make.Make("remove", "Closes a listener for good", (c, stop) => RemoveListenerAsync(c, c.Result.GetRequiredValue(remove), stop), remove));
    }

    private static async Task<int> ListListenersAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var answer = await farm.GetAsync("/api/v1/listeners", stop);
        var items = answer["items"]!.AsArray();
        if (c.Json) c.WriteJson(items);
        else c.Terminal.Table(["PROTOCOL", "ADDRESS", "STATE", "ORIGIN"],
            [.. items.Select(l => (IReadOnlyList<string>)[Text(l, "protocol"), Text(l, "open") is { Length: > 0 } open ? open : $"{Text(l, "address")}:{Text(l, "port")}", StateOf(l!), Text(l, "origin")])]);
        return ExitCode.Success;
    }

    private static string StateOf(JsonNode listener) =>
        listener["open"] is not null ? "open" : Text(listener, "problem") is { Length: > 0 } problem ? problem : "closed";

    private static async Task<int> AddListenerAsync(CommandContext c, string text, CancellationToken stop)
    {
        var (protocol, address, port) = Split(text);
        using var farm = c.Connect();
        var opened = await farm.PostAsync("/api/v1/listeners", new JsonObject { ["protocol"] = protocol, ["address"] = address, ["port"] = port }, stop);
        if (c.Json) c.WriteJson(opened);
        else c.Terminal.Line($"listening {protocol} {Text(opened, "open")}");
        return ExitCode.Success;
    }

    private static async Task<int> RemoveListenerAsync(CommandContext c, string text, CancellationToken stop)
    {
        var (protocol, address, port) = Split(text);
        using var farm = c.Connect();
        await farm.DeleteAsync($"/api/v1/listeners/{Uri.EscapeDataString(protocol)}/{Uri.EscapeDataString(address)}/{port.ToString(CultureInfo.InvariantCulture)}", stop);
        if (c.Json) c.WriteJson(new JsonObject { ["removed"] = text });
        else c.Terminal.Line($"closed {protocol} {address}:{port}");
        return ExitCode.Success;
    }

    private static (string Protocol, string Address, int Port) Split(string text)
    {
        if (text.Split('=', 2) is [var protocol, var rest] && EndPoints.TryParse(rest, out var endPoint)) return (protocol, endPoint.Address.ToString(), endPoint.Port);
        throw new CommandFailedException(ExitCode.Usage, $"'{text}' is not PROTOCOL=ADDR:PORT.");
    }

    private static async Task<int> LoginAsync(CommandContext c, string? url, string user, string? passwordFile, CancellationToken stop)
    {
        Uri server;
        if (url is null) server = c.Server;
        else if (!Uri.TryCreate(url, UriKind.Absolute, out server!) || server.Scheme is not ("http" or "https"))
            throw new CommandFailedException(ExitCode.Usage, $"'{url}' is not the address of a master: it must begin with http:// or https://.");
        string password;
        if (passwordFile is not null) password = PasswordFile.TryRead(passwordFile, out string why) ?? throw new CommandFailedException(ExitCode.Usage, $"--password-file: {why}");
        else password = AskPassword(c);

        using var farm = new Client.FarmClient(server, null);
        JsonObject answer;
        try
        {
            answer = await farm.PostAsync("/api/v1/login", new JsonObject { ["user"] = user, ["password"] = password }, stop);
        }
        catch (CommandFailedException e) when (e.ExitCode == ExitCode.NoAccess && e.Message.StartsWith("Not signed in", StringComparison.Ordinal))
        {
            throw new CommandFailedException(ExitCode.NoAccess, $"{server} did not take this user and password.");
        }
        Directory.CreateDirectory(c.Data);
        string file = Folders.LoginFile(c.Data, server);
        File.Delete(file);
        await using (var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        await using (var writer = new StreamWriter(stream))
            await writer.WriteLineAsync(Text(answer, "token"));
        if (c.Json) c.WriteJson(new JsonObject { ["principal"] = Text(answer, "principal"), ["token_file"] = file });
        else c.Terminal.Line($"Signed in to {server} as {Text(answer, "principal")}.");
        return ExitCode.Success;
    }

    private static string AskPassword(CommandContext c)
    {
        if (Console.IsInputRedirected) return Console.In.ReadLine() ?? "";
        c.Terminal.Note("Password: ");
        var typed = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace && typed.Length > 0) typed.Length--;
            else if (!char.IsControl(key.KeyChar)) typed.Append(key.KeyChar);
        }
        return typed.ToString();
    }

    private static string[] Given(string option, string? value) => value is null ? [] : [option, value];

    private static string Text(JsonNode? node, string key) => node?[key]?.ToString() ?? "";
}
