using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Quern.Cli.Import.Branch;

/// <summary>What a controller of the Branch family is told by its configuration file.</summary>
/// <param name="Program">Whose file it is.</param>
/// <param name="Address">Of its master: a host name or an IP address.</param>
/// <param name="Key">Null when it shows none.</param>
/// <param name="Name">How it calls itself.</param>
internal sealed record ClientFile(string Program, string Address, int Port, string? Key, string Name)
{
    private const int DefaultPort = 27015;

    /// <summary>The place of the Rust controller's file below the home folder, and that of the Python controller's.</summary>
    public const string RustPlace = ".config/rranch.toml";
    public const string PythonPlace = "/etc/branch/client.conf";

    /// <summary>Reads a file of either kind: TOML when its name ends so, else INI.</summary>
    /// <param name="problem"><c>LINE: what is wrong</c>, or what is missing; null on success.</param>
    public static bool TryParse(string fileName, string text, [NotNullWhen(true)] out ClientFile? client, [NotNullWhen(false)] out string? problem)
    {
        client = null;
        Func<string, string, string?> find;
        string program;
        if (fileName.EndsWith(".toml", StringComparison.Ordinal))
        {
            if (!FlatToml.TryParse(text, out var toml, out problem)) return false;
            (program, find) = ("rranch", toml.Find);
        }
        else
        {
            if (!IniFile.TryParse(text, out var ini, out problem)) return false;
            (program, find) = ("branchclient", (section, key) => ini.Find(section, key) ?? ini.Find("", key));
        }
        bool rust = program == "rranch";
        string? address = rust ? find("master", "addr") : find("Connection", "ServerAddress");
        string? port = rust ? find("master", "port") : find("Connection", "ServerPort");
        string? key = rust ? find("master", "authkey") : find("Connection", "AuthKey");
        string? name = rust ? find("client", "name") : find("Connection", "Identifier");
        if (address is null && port is null && key is null)
        {
            problem = rust ? "1: it has none of the keys addr, port and authkey in a table [master]; is it a file of rranch?"
                : "1: it has none of the keys ServerAddress, ServerPort and AuthKey in a section [Connection]; is it a file of branchclient?";
            return false;
        }
        int number = DefaultPort;
        if (port is not null && !(int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and < 65536))
        {
            problem = $"the port '{port}' is no number from 1 to 65535.";
            return false;
        }
        // The Python programs write NONE for no key, the Rust one an empty text.
        string? shown = key is null or "" or "NONE" ? null : key;
        client = rust
            ? new ClientFile(program, address ?? "localhost", number, shown, name ?? "a-rranch-client")
            : new ClientFile(program, address ?? "127.0.0.1", number, shown, name ?? "a-branch-client");
        problem = null;
        return true;
    }

    /// <summary>The key as it may be shown: not at all.</summary>
    public string KeyShown(bool open) => Key is null ? "none" : open ? Key : $"{Key.Length} characters, not shown; --show-key shows it";
}
