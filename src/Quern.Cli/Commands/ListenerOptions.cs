using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;

namespace Quern.Cli.Commands;

/// <summary>What can be said of a listener on the command line, and the request that it makes.</summary>
internal sealed class ListenerOptions
{
    private const int MaxFileBytes = 64 * 1024;

    private readonly Option<string?> _name = new("--name") { Description = "its name (default: made of protocol and port)", HelpName = "NAME" };
    private readonly Option<string?> _address = new("--address") { Description = "another IP address", HelpName = "ADDR" };
    private readonly Option<int?> _port = new("--port") { Description = "another port", HelpName = "PORT" };
    private readonly Option<string?> _enabled = new("--enabled") { Description = "whether it is opened at every start of the farm (yes)", HelpName = "yes|no" };
    private readonly Option<string?> _owner = new("--owner") { Description = "a user it belongs to", HelpName = "USER" };
    private readonly Option<string?> _revisions = new("--revisions") { Description = "of buildbot-msgpack: v7,v1 takes workers of Buildbot 3.5 too (default: v7)", HelpName = "LIST" };
    private readonly Option<string?> _tls = new("--tls") { Description = "farm: TLS with the farm's own certificate; none", HelpName = "farm|none" };
    private readonly Option<string?> _certificate = new("--certificate") { Description = "TLS with this certificate chain, PEM or DER", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--key") { Description = "its PKCS#8 key", HelpName = "FILE" };
    private readonly Option<bool> _onMaster = new("--on-master") { Description = "the two files are of the master's machine, which reads them again when they change" };
    private readonly Option<string?> _min = new("--tls-min") { Description = "1.2 lets older peers in (1.3)", HelpName = "1.2|1.3" };
    private readonly Option<int?> _connections = new("--connections") { Description = "connections at once; 0 for the default", HelpName = "N" };
    private readonly Option<int?> _perSecond = new("--per-second") { Description = "new connections per second; 0 for any number", HelpName = "N" };
    private readonly Option<double?> _handshake = new("--handshake") { Description = "seconds for a TLS handshake; 0 for the default", HelpName = "SECONDS" };
    private readonly Option<string?> _agents = new("--agents") { Description = "of admin: whether agents may come in (yes)", HelpName = "yes|no" };
    private readonly Option<string?> _people = new("--people") { Description = "of admin: whether people may come in (yes)", HelpName = "yes|no" };

    public IEnumerable<Option> ForNew =>
        [_name, _enabled, _revisions, _tls, _certificate, _key, _onMaster, _min, _connections, _perSecond, _handshake, _agents, _people];

    public IEnumerable<Option> ForChange => [.. ForNew, _address, _port, _owner];

    /// <summary>Only what was said.</summary>
    public JsonObject Read(ParseResult result)
    {
        var request = new JsonObject();
        if (result.GetValue(_name) is { } name) request["name"] = name;
        if (Given(result, _address) is { } address) request["address"] = address;
        if (result.GetResult(_port) is not null) request["port"] = result.GetValue(_port);
        if (Given(result, _owner) is { } owner) request["owner"] = owner;
        if (Flag(result, _enabled) is { } enabled) request["enabled"] = enabled;
        if (result.GetValue(_revisions) is { } revisions)
            request["revisions"] = new JsonArray([.. revisions.Split(',', StringSplitOptions.TrimEntries).Select(r => (JsonNode)r)]);
        if (Tls(result) is { } tls) request["tls"] = tls;
        if (Limits(result) is { } limits) request["limits"] = limits;
        if (Flag(result, _agents) is { } agents) request["agent_acceptor"] = agents;
        if (Flag(result, _people) is { } people) request["client_acceptor"] = people;
        return request;
    }

    private JsonObject? Tls(ParseResult result)
    {
        string? word = result.GetValue(_tls), certificate = result.GetValue(_certificate), key = result.GetValue(_key), min = result.GetValue(_min);
        bool onMaster = result.GetValue(_onMaster);
        if (word is not (null or "farm" or "none")) throw Wrong($"--tls: '{word}' is neither farm nor none; --certificate with --key gives another certificate.");
        if ((certificate is null) != (key is null)) throw Wrong("--certificate and --key belong together.");
        if (word is not null && certificate is not null) throw Wrong("Either --tls or --certificate with --key.");
        if (onMaster && certificate is null) throw Wrong("--on-master says where --certificate and --key are.");
        if (word is null && certificate is null) return min is null ? null : throw Wrong("--tls-min goes with --tls or --certificate.");
        var tls = new JsonObject { ["kind"] = word ?? (onMaster ? "files" : "given") };
        if (certificate is not null) (tls["certificate"], tls["key"]) = onMaster ? (certificate, key) : (Pem(certificate, "CERTIFICATE"), Pem(key!, "PRIVATE KEY"));
        if (min is not null) tls["min"] = min;
        return tls;
    }

    private JsonObject? Limits(ParseResult result)
    {
        var limits = new JsonObject();
        if (result.GetValue(_connections) is { } connections) limits["connections"] = connections;
        if (result.GetValue(_perSecond) is { } perSecond) limits["per_second"] = perSecond;
        if (result.GetValue(_handshake) is { } handshake) limits["handshake_seconds"] = handshake;
        return limits.Count == 0 ? null : limits;
    }

    /// <summary>Options that a command does not have are not in its result.</summary>
    private static string? Given(ParseResult result, Option<string?> option) => result.GetResult(option) is null ? null : result.GetValue(option);

    private static bool? Flag(ParseResult result, Option<string?> option) => result.GetValue(option) switch
    {
        null => null,
        "yes" => true,
        "no" => false,
        var other => throw Wrong($"{option.Name}: '{other}' is neither yes nor no."),
    };

    /// <summary>A file as PEM; DER is wrapped.</summary>
    private static string Pem(string path, string label)
    {
        if (new FileInfo(InputFile.Checked(path)).Length > MaxFileBytes) throw new CommandFailedException(ExitCode.Failed, $"'{path}' is too long for a certificate or a key.");
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().IndexOf("-----BEGIN "u8) >= 0 ? Encoding.ASCII.GetString(bytes) : PemEncoding.WriteString(label, bytes);
    }

    private static CommandFailedException Wrong(string why) => new(ExitCode.Usage, why);
}
