using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Quern.Agents;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents;

/// <summary>What an order for an agent may say. All of it ends in a configuration file or on the command line of <c>ssh</c>.</summary>
internal static partial class OrderRules
{
    private const int MaxSlots = 1024;
    private const int MaxTags = 32;
    private const int MaxAddresses = 8;
    private const int MaxSecretChars = 1024;
    private const int MaxKeyBytes = 64 << 10;

    /// <summary>What agents of other farms of this kind were called there; here they are all the one program.</summary>
    private static readonly ImmutableArray<string> InheritedPayloads = ["vanilla", "micro"];

    /// <returns>The order, or what is wrong with it.</returns>
    public static (CheckedOrder? Order, EstateAnswer? Problem) Check(AgentOrder order, string groupId, string groupName)
    {
        var platform = order.Platform.Length == 0 || InheritedPayloads.Contains(order.Platform) ? AgentPlatform.Here : AgentPlatform.Find(order.Platform);
        if (platform is null)
            return Wrong("platform", $"{Shown(order.Platform)} is not a platform that agents are made for. Payloads are {string.Join(", ", InheritedPayloads)} (the farm's own platform) and {string.Join(", ", AgentPlatform.All)}; formats are {AgentPackagers.Formats}.");
        if (AgentPackagers.Find(order.Format) is not { } packager)
            return Wrong("format", $"{Shown(order.Format)} is not a format that agents are made in. Formats are {AgentPackagers.Formats}; platforms are {string.Join(", ", AgentPlatform.All)}.");
        if (packager.Refuses(platform) is { } refusal) return Wrong("format", refusal);
        if (order.Slots is < 0 or > MaxSlots) return Wrong("slots", $"'slots' must be from 1 to {MaxSlots}.");
        if (order.Tags.Length > MaxTags || order.Tags.FirstOrDefault(t => !Tag().IsMatch(t)) is not null)
            return Wrong("tags", $"'tags' may be {MaxTags}, each 1 to 64 printable characters without blank, | and ;.");
        if (order.Addresses.Length > MaxAddresses || order.Addresses.FirstOrDefault(a => !IsAddress(a)) is not null)
            return Wrong("addresses", $"'addresses' may be {MaxAddresses}, each HOST:PORT of a listener for administration.");
        if (order.Deploy is { } target && (OfTarget(target) ?? OfDeployment(packager, target)) is { } problem) return (null, problem);
        return (new CheckedOrder(groupId, groupName, platform, packager, order.Deploy)
        {
            Tags = order.Tags,
            Slots = Math.Max(1, order.Slots),
            Addresses = order.Addresses,
        }, null);
    }

    private static EstateAnswer? OfTarget(SshTarget target)
    {
        if (!IsHost(target.Host)) return Bad("deploy.host", "'host' must be a host name or an IP address.");
        if (target.Port is < 1 or > 65535) return Bad("deploy.port", "'port' must be from 1 to 65535.");
        if (!User().IsMatch(target.User)) return Bad("deploy.user", "'user' must be a user name: a letter or _, then up to 31 of A-Z a-z 0-9 . _ -.");
        if (!HostKey().IsMatch(target.HostKeySha256))
            return Bad("deploy.host_key", "'host_key' must be the fingerprint of the machine's host key, SHA256: and 43 characters of Base64; on the machine: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
        if (target.Password.Length == 0 == target.PrivateKey.IsEmpty) return Bad("deploy", "Give either 'password' or 'private_key'.");
        if (IsBadSecret(target.Password)) return Bad("deploy.password", $"'password' may have {MaxSecretChars} characters, and no line ends.");
        if (IsBadSecret(target.Passphrase)) return Bad("deploy.passphrase", $"'passphrase' may have {MaxSecretChars} characters, and no line ends.");
        if (target.PrivateKey.Length > MaxKeyBytes || (!target.PrivateKey.IsEmpty && !target.PrivateKey.Span.StartsWith("-----BEGIN "u8)))
            return Bad("deploy.private_key", $"'private_key' must be a key file as ssh-keygen writes it, with at most {MaxKeyBytes} bytes.");
        return target.InstallPath.Length == 0 || IsInstallPath(target.InstallPath)
            ? null
            : Bad("deploy.install_path", "'install_path' must be an absolute folder of at most 200 characters of A-Z a-z 0-9 . _ - and /, at least two levels deep, without '..'.");
    }

    private static EstateAnswer? OfDeployment(IAgentPackager packager, SshTarget target) => packager.Format switch
    {
        "oci" => Bad("format", "An image cannot be deployed over SSH: it is for a registry or a container engine. Take sh, tar.gz, deb or rpm."),
        "deb" or "rpm" when target.InstallPath.Length > 0 => Bad("deploy.install_path", $"A {packager.Format} has its own place; 'install_path' goes with sh and tar.gz."),
        _ => null,
    };

    private static bool IsBadSecret(string secret) => secret.Length > MaxSecretChars || secret.AsSpan().ContainsAny("\r\n\0");

    private static bool IsAddress(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0) return false;
        string host = text[..colon];
        return host is ['[', .., ']'] ? IsNumbers(host[1..^1]) : IsHost(host) && !host.Contains(':', StringComparison.Ordinal);
    }

    private static bool IsHost(string host) => HostName().IsMatch(host) || IsNumbers(host);

    // An IPv6 address may have a zone behind it, which is a word of this machine's own: not taken. What reads addresses also passes over brackets,
    // and a port behind them.
    private static bool IsNumbers(string host) => host.Contains(':', StringComparison.Ordinal) && !host.AsSpan().ContainsAny("%[]") && IPAddress.TryParse(host, out _);

    private static bool IsInstallPath(string path) =>
        path.Length <= 200 && InstallPath().IsMatch(path) && path.Split('/', StringSplitOptions.RemoveEmptyEntries) is { Length: >= 2 } parts && !parts.Any(p => p is "." or "..");

    private static string Shown(string word) => word.Length == 0 ? "'' (nothing)" : word.Length <= 32 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? $"'{word}'" : "That";

    private static (CheckedOrder?, EstateAnswer?) Wrong(string field, string detail) => (null, Bad(field, detail));

    private static EstateAnswer Bad(string field, string detail) => new(EstateCode.InvalidOptions, detail, field);

    [GeneratedRegex(@"\A[!-:<-{}~]{1,64}\z")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9._-]{0,31}\z")]
    private static partial Regex User();

    [GeneratedRegex(@"\ASHA256:[A-Za-z0-9+/]{43}=?\z")]
    private static partial Regex HostKey();

    [GeneratedRegex(@"\A(?:/[A-Za-z0-9._-]+)+/?\z")]
    private static partial Regex InstallPath();
}
