using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli;

/// <summary>What a running command has at hand.</summary>
internal sealed class CommandContext(ParseResult result, CommonOptions common, Terminal terminal)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public ParseResult Result => result;

    public Terminal Terminal => terminal;

    public bool Json => result.GetValue(common.Json);

    /// <summary>The data folder that the command line or the environment names, absolute; null when neither does.</summary>
    public string? DataNamed => common.NamedDataFolder(result);

    public string Data => common.DataFolder(result);

    public FarmClient Connect() => common.Connect(result, terminal);

    public Uri Server => common.ServerOf(result, Data);

    /// <summary>The token that is kept for the farm on this host, whatever way it is spoken to; null for none.</summary>
    public string? TokenKept(string host) => common.TokenKept(result, Data, host);

    /// <summary>The answer as it came, for programs.</summary>
    public void WriteJson(JsonNode node) => terminal.Output.WriteLine(node.ToJsonString(Indented));
}
