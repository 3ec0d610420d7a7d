using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Quern.Model;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Cli.Import.Branch;

/// <summary>
/// <c>master.conf</c> of an old master, with sections or, of the first release, without (Branch, section "master configuration"), and what
/// follows from it for <c>quern.yaml</c>.
/// </summary>
internal static class MasterConf
{
    public const string FileName = "master.conf";

    private const string Kind = "setting";
    private const int MaxKeys = 1000;

    /// <summary>Every key that either release knows, in the order in which it is told of.</summary>
    private static readonly ImmutableArray<(string Section, string Key, string? FlatKey)> Known =
    [
        ("Masterserver", "ListenAddress", "listenaddr"), ("Masterserver", "ServerPort", "port"), ("Masterserver", "AuthKeys", "authkeys"),
        ("Masterserver", "UntrustedClients", "untrustedclients"), ("Deployment", "RealrootPackages", null), ("Deployment", "HTTPPackageList", null),
        ("Deployment", "CrosstoolsURL", null), ("Deployment", "CrosstoolsPkgbuildURL", null), ("Deployment", "DeployCrosstools", null),
        ("Deployment", "DeployRealroot", null), ("HTTPServer", "EnableWebServer", null), ("HTTPServer", "HTTPPort", "httpport"),
        ("HTTPServer", "UserFile", null), ("HTTPServer", "SendCorsHeaders", "send-cors-headers"), ("HTTPServer", "KeyTimeout", null),
        ("Logger", "EnableDebugLog", "debuglog"),
    ];

    /// <param name="from">The file, for the reader.</param>
    /// <param name="tell">Hears of each key.</param>
    public static FarmYaml Translate(IniFile file, string from, Action<ImportItem> tell)
    {
        var yaml = new FarmYaml { From = from };
        int told = 0;
        foreach (var (section, key, flat) in Known)
        {
            if ((file.Find(section, key) ?? (flat is null ? null : file.Find("", flat))) is not { } value) continue;
            told++;
            var (next, outcome, reason) = Take(yaml, key, value);
            yaml = next;
            tell(new ImportItem(outcome, Kind, key, reason));
        }
        if (file.Count > told) tell(new ImportItem(ImportOutcome.Skipped, Kind, "others", $"{file.Count - told} keys that no master of this family knows"));
        return yaml;
    }

    private static (FarmYaml Yaml, ImportOutcome Outcome, string Reason) Take(FarmYaml yaml, string key, string value)
    {
        (FarmYaml, ImportOutcome, string) Taken(FarmYaml next, string where) => (next, ImportOutcome.Taken, where);
        (FarmYaml, ImportOutcome, string) Refused(string why) => (yaml, ImportOutcome.Refused, why);
        switch (key)
        {
            case "ListenAddress":
                return value == "localhost" || IPAddress.TryParse(value, out _)
                    ? Taken(yaml with { Address = value }, "listeners[].address")
                    : Refused($"'{value}' is no IP address");
            case "ServerPort":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536
                    ? Taken(yaml with { Port = port }, "listeners[].port") : Refused($"'{value}' is no port");
            case "AuthKeys":
                var keys = ListOf(value);
                if (keys.Length > MaxKeys || keys.Any(k => k.Any(char.IsControl))) return Refused($"it has over {MaxKeys} keys, or one with control characters");
                string warning = keys.Contains("default") ? "; one is the word 'default', which everybody knows: change it" : "";
                return Taken(yaml with { Keys = keys }, $"branch.keys: {keys.Length}{warning}");
            case "UntrustedClients":
                // The original reads this very text as yes and everything else as no.
                return Taken(yaml with { Untrusted = value == "True" }, "branch.untrusted");
            case "RealrootPackages":
                var packages = RecipeList.Read(value);
                return packages.FirstOrDefault(p => !PackageName.IsValid(p)) is { } bad
                    ? Refused($"'{bad}' is no package name")
                    : Taken(yaml with { RealRootPackages = packages }, "branch.realroot_packages");
            case "HTTPPackageList":
                return IsWebAddress(value)
                    ? Taken(yaml with { PackageListUrl = value }, "branch.package_list_url; it names the old master's address")
                    : Refused("it is no address of a web server");
            case "UserFile":
                return (yaml, ImportOutcome.Skipped, "'quern import branch' says what can be done for its users");
            case "DeployRealroot" or "DeployCrosstools" or "CrosstoolsURL" or "CrosstoolsPkgbuildURL":
                return (yaml, ImportOutcome.Skipped, "what builds run in is said under 'environments'; see docs/building.md");
            default:
                return (yaml, ImportOutcome.Skipped, "the farm has another way for this; see docs/configuration.md");
        }
    }

    /// <summary>As the farm's own configuration takes it.</summary>
    private static bool IsWebAddress(string value) =>
        value.Length <= 2000 && value.All(c => c is > ' ' and <= '~') && Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";

    /// <summary>A list in brackets, or one plain text.</summary>
    private static ImmutableArray<string> ListOf(string value) =>
        [.. (value.Contains('[', StringComparison.Ordinal) ? RecipeList.Read(value) : [value]).Where(v => v.Length > 0).Distinct(StringComparer.Ordinal)];
}
