using System.CommandLine;
using Quern.Cli.Client;

namespace Quern.Cli;

/// <summary>Options that every command talking to a master takes.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Server { get; } = new("--server") { Description = "the master, such as http://127.0.0.1:8010 (also: QUERN_SERVER)", HelpName = "URL", Recursive = true };

    public Option<string?> TokenFile { get; } = new("--token-file") { Description = "a file with the token (also: QUERN_TOKEN_FILE)", HelpName = "FILE", Recursive = true };

    public Option<string?> Data { get; } = new("--data") { Description = "the data folder (also: QUERN_DATA)", HelpName = "DIR", Recursive = true };

    public Option<bool> Json { get; } = new("--json") { Description = "write JSON for programs", Recursive = true };

    public void AddTo(Command command)
    {
        command.Options.Add(Server);
        command.Options.Add(TokenFile);
        command.Options.Add(Data);
        command.Options.Add(Json);
    }

    public string DataFolder(ParseResult result) => NamedDataFolder(result) ?? Path.GetFullPath(Folders.DefaultData());

    public string? NamedDataFolder(ParseResult result) =>
        (result.GetValue(Data) ?? NonEmpty("QUERN_DATA")) is { } named ? Path.GetFullPath(named) : null;

    /// <summary>The master that is meant, and the token for it.</summary>
    /// <param name="terminal">Where somebody can be asked to prove again to be who signed in.</param>
    public FarmClient Connect(ParseResult result, Terminal terminal)
    {
        string data = DataFolder(result);
        var server = ServerOf(result, data);
        return new FarmClient(server, TokenFor(result, data, server)) { ProveAgain = (farm, stop) => StepUp.AskAsync(terminal, farm, stop) };
    }

    /// <summary>The token for the farm on this host where it is not spoken to over HTTP: what was named, else what is kept for its HTTP address.</summary>
    public string? TokenKept(ParseResult result, string data, string host)
    {
        if (result.GetValue(TokenFile) is not null || NonEmpty("QUERN_TOKEN_FILE") is not null) return TokenFor(result, data, new Uri(Folders.DefaultServer));
        string address = NonEmpty("QUERN_SERVER") ?? Written(data) ?? Folders.DefaultServer;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https")) return null;
        bool local = host == "localhost" || (System.Net.IPAddress.TryParse(host, out var ip) && System.Net.IPAddress.IsLoopback(ip));
        // A token goes to no other machine than the one that gave it.
        return server.IdnHost == host || (server.IsLoopback && local) ? TokenFor(result, data, server) : null;
    }

    public Uri ServerOf(ParseResult result, string data)
    {
        string? named = result.GetValue(Server) ?? NonEmpty("QUERN_SERVER");
        string address = named ?? Written(data) ?? Folders.DefaultServer;
        if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") return uri!;
        throw new CommandFailedException(ExitCode.Usage, $"'{address}' is not the address of a master: it must begin with http:// or https://.");
    }

    private string? TokenFor(ParseResult result, string data, Uri server)
    {
        string? file = result.GetValue(TokenFile) ?? NonEmpty("QUERN_TOKEN_FILE");
        if (file is not null) return Read(file) ?? throw new CommandFailedException(ExitCode.Usage, $"The token file '{file}' cannot be read or is empty.");
        // The owner's token goes only to the owner's machine, whatever server was named.
        return Read(Folders.LoginFile(data, server)) ?? (server.IsLoopback ? Read(Path.Combine(data, "token")) : null);
    }

    private static string? Written(string data) => Read(Path.Combine(data, Folders.AddressFile));

    private static string? Read(string file)
    {
        try
        {
            string text = File.ReadAllText(file).Trim();
            return text.Length > 0 ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? NonEmpty(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
