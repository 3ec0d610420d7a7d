using System.Globalization;
using System.Text.RegularExpressions;
using Quern.MasterHost.Configuration;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>What may be said of a listener. Pure; null is: all well.</summary>
internal static partial class ListenerRules
{
    public const int MaxName = 48;
    public const int MaxConnections = 1_000_000;
    public const int MaxPerSecond = 1_000_000;
    public static readonly TimeSpan MinHandshake = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxHandshake = TimeSpan.FromMinutes(5);

    /// <summary>The rule, as the end of a sentence.</summary>
    public const string NameRule = "1 to 48 letters, digits, blanks, '.', '_' and '-', beginning with a letter or digit, and not digits alone";

    public static bool IsName(string name) => name.Length <= MaxName && NamePattern().IsMatch(name) && !name.EndsWith(' ');

    public static EstateAnswer? Name(string name) =>
        IsName(name) ? null : new EstateAnswer(EstateCode.InvalidName, $"'{Shown(name)}' is not a name for a listener: {NameRule}.", "name");

    public static EstateAnswer? Protocol(string protocol) =>
        ListenerProtocols.IsKnown(protocol) ? null : new EstateAnswer(EstateCode.InvalidOptions, ListenerProtocols.Unknown(Shown(protocol)), "protocol");

    public static EstateAnswer? Address(string address) => EndPoints.TryParseAddress(address, out _)
        ? null
        : new EstateAnswer(EstateCode.InvalidAddress, $"'{Shown(address)}' is not an IP address. 0.0.0.0 or :: is every address of this machine.", "address");

    public static EstateAnswer? Port(int port) => port is >= 0 and <= 65535
        ? null
        : new EstateAnswer(EstateCode.InvalidPort, string.Create(CultureInfo.InvariantCulture, $"'port' must be from 0 to 65535 (0 picks a free one), not {port}."), "port");

    public static EstateAnswer? Limits(ListenerLimits limits)
    {
        if (limits.Connections is < 0 or > MaxConnections) return Bad($"'connections' must be from 1 to {MaxConnections}, or 0 for the default.");
        if (limits.PerSecond is < 0 or > MaxPerSecond) return Bad($"'per_second' must be from 1 to {MaxPerSecond}, or 0 for the default.");
        return limits.Handshake == TimeSpan.Zero || (limits.Handshake >= MinHandshake && limits.Handshake <= MaxHandshake)
            ? null
            : Bad($"'handshake_seconds' must be from {MinHandshake.TotalSeconds} to {MaxHandshake.TotalSeconds}, or 0 for the default.");
    }

    /// <summary>What is left of a wish for a protocol: <c>admin</c> is never without TLS.</summary>
    public static ListenerTls Tls(string protocol, ListenerTls wish) =>
        protocol == ListenerProtocols.Admin && wish is ListenerTls.Plain ? new ListenerTls.Farm() : wish;

    /// <summary>Whether both ports would be at one address, so that one cannot be opened while the other is.</summary>
    public static bool Overlap(StoredListener a, StoredListener b) =>
        a.Port == b.Port && a.Port != 0 && (a.Address == b.Address || IsEverywhere(a.Address) || IsEverywhere(b.Address));

    /// <summary>As it may stand in an answer or in the journal: what a stranger sent is short there and has no control characters.</summary>
    public static string Shown(string text)
    {
        string start = text.Length > 64 ? text[..64] + "…" : text;
        return string.Concat(start.Select(c => char.IsControl(c) ? '?' : c));
    }

    private static bool IsEverywhere(string address) => address is "0.0.0.0" or "::";

    private static EstateAnswer Bad(FormattableString why) => new(EstateCode.InvalidOptions, FormattableString.Invariant(why), "limits");

    [GeneratedRegex(@"^(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9 ._-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
