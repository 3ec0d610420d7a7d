using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Quern.Cli.Import.Branch;

/// <summary>What of <c>quern.yaml</c> follows from the configuration of Branch programs.</summary>
internal sealed record FarmYaml
{
    /// <summary>The one group that imported keys get: its name says where they come from.</summary>
    public const string Group = "branch";

    /// <summary>Where it is from, for the reader.</summary>
    public required string From { get; init; }

    public string Address { get; init; } = "0.0.0.0";

    public int Port { get; init; } = 27015;

    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>Whether build bots come in by the same keys.</summary>
    public bool Bots { get; init; }

    public bool Untrusted { get; init; }

    public ImmutableArray<string> RealRootPackages { get; init; } = [];

    public string PackageListUrl { get; init; } = "";

    /// <summary>The text.</summary>
    /// <param name="keys">False writes a word in place of each key.</param>
    public string Write(bool keys)
    {
        var text = new StringBuilder();
        text.Append("# From ").Append(Terminal.Clean(From)).Append(" by quern import.\n");
        text.Append("listeners:\n  - {protocol: branch, address: ").Append(Quoted(Address)).Append(", port: ").Append(Port).Append("}\n");
        text.Append("branch:\n");
        if (!Keys.IsEmpty) text.Append("  keys:\n");
        foreach (string key in Keys) text.Append("    - {key: ").Append(keys ? Quoted(key) : "NOT-SHOWN").Append(", group: ").Append(Group).Append("}\n");
        text.Append("  untrusted: ").Append(Untrusted ? "true     # whoever reaches the port comes in, without a key" : "false").Append('\n');
        if (!RealRootPackages.IsEmpty) text.Append("  realroot_packages: [").AppendJoin(", ", RealRootPackages.Select(Quoted)).Append("]\n");
        if (PackageListUrl.Length > 0) text.Append("  package_list_url: ").Append(Quoted(PackageListUrl)).Append('\n');
        if (Bots) text.Append("  bots:\n    groups: [").Append(Group).Append("]\n");
        return text.ToString();
    }

    /// <summary>A JSON text is one of YAML.</summary>
    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
