using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Quern.MasterHost.Configuration;

namespace Quern.Cli.Commands;

/// <summary>Brings agents to machines over SSH, one after the other, and says of each what came of it.</summary>
internal static class AgentDeployCommand
{
    private const int MaxKeyBytes = 64 << 10;

    private static readonly Option<string[]> Hosts = new("--host") { Description = "a machine; may be repeated, each followed by its --host-key", HelpName = "USER@HOST[:PORT]", Required = true };
    private static readonly Option<string[]> HostKeys = new("--host-key") { Description = "what the machine's host key must be; one for each --host, in their order", HelpName = "SHA256:…", Required = true };
    private static readonly Option<string> Format = new("--format") { Description = "sh, tar.gz, deb or rpm (default sh)", HelpName = "FORMAT", DefaultValueFactory = _ => "sh" };
    private static readonly Option<string?> KeyFile = new("--key-file") { Description = "the private key to sign in with", HelpName = "FILE" };
    private static readonly Option<string?> PassphraseFile = new("--passphrase-file") { Description = "a file with the passphrase of the private key", HelpName = "FILE" };
    private static readonly Option<string?> PasswordFileOption = new("--password-file") { Description = "a file with the password to sign in with; asked for when there is no --key-file either", HelpName = "FILE" };
    private static readonly Option<string?> InstallPath = new("--install-path") { Description = "on the machine (default /opt/quern-agent)", HelpName = "DIR" };

    private sealed record Machine(string User, string Host, int Port, string HostKey)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{User}@{Host}:{Port}");
    }

    private sealed record Secrets(string Password, string PrivateKey, string Passphrase);

    public static Command Make(CommandMaker make, Argument<string> group, ImmutableArray<Option> order) => make.Make(
        "deploy", "Builds an agent for each machine and installs it there over SSH", RunAsync,
        [group, Hosts, HostKeys, Format, KeyFile, PassphraseFile, PasswordFileOption, InstallPath, .. order]);

    private static async Task<int> RunAsync(CommandContext c, CancellationToken stop)
    {
        var machines = MachinesOf(c);
        var secrets = await SecretsAsync(c, stop);
        using var farm = c.Connect();
        var results = new List<(Machine Machine, bool Done, string Message)>();
        foreach (var machine in machines)
        {
            var (done, message) = await DeployAsync(c, farm, machine, secrets, stop);
            results.Add((machine, done, message));
            if (!c.Json) c.Terminal.Line($"{(done ? "done  " : "failed")}  {machine}  {message}");
        }
        if (c.Json)
        {
            c.WriteJson(new JsonArray([.. results.Select(r => (JsonNode)new JsonObject { ["host"] = $"{r.Machine}", ["done"] = r.Done, ["message"] = r.Message })]));
        }
        else if (results.Count > 1)
        {
            c.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{results.Count(r => r.Done)} of {results.Count} machines have an agent now"));
        }
        return results.TrueForAll(r => r.Done) ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>One machine that fails does not keep the others waiting for theirs.</summary>
    private static async Task<(bool Done, string Message)> DeployAsync(CommandContext c, FarmClient farm, Machine machine, Secrets secrets, CancellationToken stop)
    {
        var order = AgentBuildCommands.OrderOf(c, c.Result.GetRequiredValue(Format));
        order["deploy"] = new JsonObject
        {
            ["host"] = machine.Host,
            ["port"] = machine.Port,
            ["user"] = machine.User,
            ["host_key"] = machine.HostKey,
            ["password"] = secrets.Password,
            ["private_key"] = secrets.PrivateKey,
            ["passphrase"] = secrets.Passphrase,
            ["install_path"] = c.Result.GetValue(InstallPath),
        };
        try
        {
            var ordered = await farm.PostAsync("/api/v1/agents/builds", order, stop);
            var build = await AgentBuildWatch.UntilEndedAsync(c, farm, ordered, $"{machine}", stop);
            return (Show.Text(build, "state") == "done", Show.Text(build, "message"));
        }
        catch (CommandFailedException e) when (e.ExitCode == ExitCode.Failed)
        {
            return (false, e.Message);
        }
    }

    private static ImmutableArray<Machine> MachinesOf(CommandContext c)
    {
        string[] hosts = c.Result.GetRequiredValue(Hosts), keys = c.Result.GetRequiredValue(HostKeys);
        if (hosts.Length != keys.Length)
            throw new CommandFailedException(ExitCode.Usage,
                $"There are {hosts.Length} --host and {keys.Length} --host-key; each machine needs its own. On the machine: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
        return [.. hosts.Zip(keys, MachineOf)];
    }

    private static Machine MachineOf(string text, string hostKey)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string user = at > 0 ? text[..at] : "", rest = text[(at + 1)..], host = rest;
        int port = 22;
        // [2001:db8::1]:22, 2001:db8::1, host:22, host
        int colon = rest.LastIndexOf(':');
        bool hasPort = colon > 0 && (rest[colon - 1] == ']' || rest.IndexOf(':', StringComparison.Ordinal) == colon);
        if (hasPort)
        {
            host = rest[..colon];
            if (!int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)) user = "";
        }
        host = host.Trim('[', ']');
        return user.Length > 0 && host.Length > 0
            ? new Machine(user, host, port, hostKey)
            : throw new CommandFailedException(ExitCode.Usage, $"--host: '{text}' is not USER@HOST or USER@HOST:PORT.");
    }

    private static async Task<Secrets> SecretsAsync(CommandContext c, CancellationToken stop)
    {
        string? keyFile = c.Result.GetValue(KeyFile), passwordFile = c.Result.GetValue(PasswordFileOption), passphraseFile = c.Result.GetValue(PassphraseFile);
        if (keyFile is not null && passwordFile is not null) throw new CommandFailedException(ExitCode.Usage, "Give either --key-file or --password-file.");
        if (keyFile is null)
            return new Secrets(passwordFile is null ? await c.Terminal.AskSecretAsync("SSH password: ", stop) : SecretIn(passwordFile, PasswordFileOption.Name), "", "");
        var file = new FileInfo(keyFile);
        if (!file.Exists || file.Length > MaxKeyBytes) throw new CommandFailedException(ExitCode.Usage, $"{KeyFile.Name}: '{keyFile}' is not there, or is no key.");
        return new Secrets("", await File.ReadAllTextAsync(keyFile, stop), passphraseFile is null ? "" : SecretIn(passphraseFile, PassphraseFile.Name));
    }

    private static string SecretIn(string file, string option) =>
        PasswordFile.TryRead(file, out string why) ?? throw new CommandFailedException(ExitCode.Usage, $"{option}: {why}");
}
