using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Cli.Import.Branch;

namespace Quern.Cli.Import;

/// <summary>What follows for a farm from the configuration files of Branch programs. Keys are shown only to who asks for them.</summary>
internal static class ConfigurationCommands
{
    private const long MaxBytes = 1 << 20;

    public static Command Config(CommandMaker make)
    {
        var file = new Argument<string>("FILE") { Description = "master.conf of a Branch master" };
        var output = Output();
        var show = ShowKey();
        var bots = new Option<bool>("--bots") { Description = "let build bots in by the same keys, as the old master did" };
        return make.Make("branch-config", "Makes the beginning of a quern.yaml from a Branch master's configuration", (c, _) =>
        {
            string path = c.Result.GetRequiredValue(file);
            string? target = c.Result.GetValue(output);
            if (!IniFile.TryParse(Read(path), out var ini, out string? problem)) throw new CommandFailedException(ExitCode.Failed, $"{path}:{problem}");
            var report = new ImportReport(c, notes: target is null);
            var yaml = MasterConf.Translate(ini, path, report.Add) with { Bots = c.Result.GetValue(bots) };
            if (target is not null) PrivateFile.Write(target, yaml.Write(keys: true));
            else if (!c.Json) c.Terminal.Output.Write(yaml.Write(c.Result.GetValue(show)));
            int end = report.End();
            if (target is not null) c.Terminal.Note($"Written to {target}. Add 'environments', then check it: quern check {target}");
            return Task.FromResult(end);
        }, file, output, bots, show);
    }

    public static Command Client(CommandMaker make)
    {
        var file = new Argument<string?>("FILE")
        {
            Description = $"rranch.toml or client.conf (default: ~/{ClientFile.RustPlace}, else {ClientFile.PythonPlace})",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var output = Output();
        var show = ShowKey();
        var check = new Option<bool>("--check") { Description = "log in at the master that it names, as this controller would" };
        return make.Make("branch-client", "Shows what a Branch controller's configuration says, and what a farm needs for it", async (c, stop) =>
        {
            string path = c.Result.GetValue(file) ?? Usual();
            if (!ClientFile.TryParse(path, Read(path), out var client, out string? problem)) throw new CommandFailedException(ExitCode.Failed, $"{path}:{problem}");
            var yaml = new FarmYaml { From = path, Port = client.Port, Keys = client.Key is { } key ? [key] : [], Untrusted = client.Key is null };
            string? target = c.Result.GetValue(output);
            if (target is not null) PrivateFile.Write(target, yaml.Write(keys: true));
            if (c.Json) WriteJson(c, client, path, c.Result.GetValue(show), target);
            else Tell(c, client, yaml, c.Result.GetValue(show), target);
            if (!c.Result.GetValue(check)) return ExitCode.Success;
            string? refusal = await LoginCheck.RefusalAsync(client, TimeProvider.System, stop);
            c.Terminal.Note(refusal is null ? $"{client.Address}:{client.Port} lets this controller in." : $"{client.Address}:{client.Port} does not let this controller in: {refusal}.");
            return refusal is null ? ExitCode.Success : ExitCode.NoAccess;
        }, file, output, show, check);
    }

    private static void Tell(CommandContext c, ClientFile client, FarmYaml yaml, bool open, string? target)
    {
        c.Terminal.Line($"program  {client.Program}");
        c.Terminal.Line($"master   {client.Address}:{client.Port}");
        c.Terminal.Line($"name     {client.Name}");
        c.Terminal.Line($"key      {client.KeyShown(open)}");
        c.Terminal.Line("");
        c.Terminal.Line(target is null
            ? $"So that this controller works unchanged, quern.yaml needs this, and {client.Address} must lead to the farm:\n\n{yaml.Write(open).TrimEnd()}"
            : $"What quern.yaml needs so that this controller works unchanged is in {target}; {client.Address} must lead to the farm.");
    }

    private static void WriteJson(CommandContext c, ClientFile client, string path, bool open, string? target) => c.WriteJson(new JsonObject
    {
        ["file"] = path,
        ["program"] = client.Program,
        ["address"] = client.Address,
        ["port"] = client.Port,
        ["name"] = client.Name,
        ["has_key"] = client.Key is not null,
        ["key"] = open ? client.Key : null,
        ["output"] = target,
    });

    private static Option<string?> Output() => new("--output", "-o") { Description = "write what quern.yaml needs to this new file, with keys, for its owner alone", HelpName = "FILE" };

    private static Option<bool> ShowKey() => new("--show-key") { Description = "show keys" };

    private static string Read(string path)
    {
        // The user named it, so a link is what was meant.
        string file = File.ResolveLinkTarget(InputFile.Checked(path), returnFinalTarget: true)?.FullName ?? path;
        return PlainFile.TryRead(file, MaxBytes, out string? text, out string? why)
            ? text
            : throw new CommandFailedException(ExitCode.Failed, $"'{path}': {why}.");
    }

    private static string Usual()
    {
        string rust = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ClientFile.RustPlace);
        if (File.Exists(rust)) return rust;
        return File.Exists(ClientFile.PythonPlace)
            ? ClientFile.PythonPlace
            : throw new CommandFailedException(ExitCode.Failed, $"There is neither '{rust}' nor '{ClientFile.PythonPlace}'; name the file.");
    }
}
