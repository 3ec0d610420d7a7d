using System.Collections.Immutable;
using System.Net;
using Quern.MasterHost.Listeners;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Configuration;

/// <content>Doors.</content>
internal sealed partial class ConfigurationMapper
{
    private ImmutableArray<ListenerSetting> Listeners(YamlSection top)
    {
        var listeners = ImmutableArray.CreateBuilder<ListenerSetting>();
        foreach (var section in top.Sections("listeners", "protocol", "address", "port", "name", "revisions", "tls", "tls_min", "limits", "agents", "people"))
        {
            string? protocol = section.Text("protocol", required: true);
            if (protocol is not null && !ListenerProtocols.IsKnown(protocol))
            {
                problems.Add(section.At("protocol"), ListenerProtocols.Unknown(protocol));
                protocol = null;
            }
            var address = IPAddress.Loopback;
            if (section.Text("address") is { } text && !EndPoints.TryParseAddress(text, out address))
                problems.Add(section.At("address"), $"'address' must be an IP address or localhost, not '{text}'.");
            int? port = section.Number("port", 0, 65535) ?? ListenerProtocols.DefaultPort(protocol);
            if (port is null && !section.Has("port")) problems.Add(section.Start, "a listener needs the key 'port' (0 picks a free one).");
            string name = ListenerName(section, listeners);
            var (tls, older) = Tls(section, protocol);
            var limits = ListenerLimitsOf(section);
            var (agents, people) = Acceptors(section, protocol);
            var words = section.Texts("revisions");
            if (protocol is null || port is null || address is null) continue;
            string? revisions = ListenerRevisions.TryRead(protocol, [.. words.Select(w => w.Text)], out string problem);
            if (revisions is null) problems.Add(section.At("revisions"), problem);
            var listener = new ListenerSetting(protocol, address, port.Value, revisions ?? "")
            {
                Name = name,
                Tls = tls,
                OlderTls = older,
                Limits = limits,
                Agents = agents,
                People = people,
            };
            if (listener.Port != 0 && listeners.Any(l => l.Port == listener.Port && l.Address.Equals(listener.Address)))
                problems.Add(section.At("port"), $"another listener of this file already has {EndPoints.Text(address, listener.Port)}.");
            listeners.Add(listener);
        }
        return listeners.ToImmutable();
    }

    private string ListenerName(YamlSection section, ImmutableArray<ListenerSetting>.Builder others)
    {
        if (section.Text("name") is not { } name) return "";
        if (!ListenerRules.IsName(name)) problems.Add(section.At("name"), $"'{name}' is not a name for a listener: {ListenerRules.NameRule}.");
        else if (others.Any(l => l.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) problems.Add(section.At("name"), $"the listener '{name}' stands twice in this file.");
        else return name;
        return "";
    }

    private (ListenerTls Tls, bool Older) Tls(YamlSection listener, string? protocol)
    {
        bool older = listener.Word("tls_min", "1.2", "1.3") == "1.2";
        if (!listener.Has("tls"))
        {
            if (protocol == ListenerProtocols.Admin) return (new ListenerTls.Farm(), older);
            if (listener.Has("tls_min")) problems.Add(listener.At("tls_min"), "'tls_min' says something only where there is 'tls' too.");
            return (ListenerTls.None, false);
        }
        if (listener.Scalar("tls") is { } word)
        {
            if (word.Value == "farm") return (new ListenerTls.Farm(), older);
            problems.Add(word.Start, $"'tls' must be farm, for the farm's own certificate, or {{certificate: FILE, key: FILE}}, not '{word.Value}'.");
            return (ListenerTls.None, false);
        }
        var section = listener.Section("tls", "certificate", "key");
        if (section?.Text("certificate", required: true) is not { } certificate || section.Text("key", required: true) is not { } key) return (ListenerTls.None, false);
        (certificate, key) = (FullPath(certificate), FullPath(key));
        if (CertificateFiles.TryOpen(certificate, key, null, TimeProvider.System, _ => { }, out string why) is null)
            problems.Add(section.At("certificate"), $"the certificate cannot be used: {why}.");
        return (new ListenerTls.Files(certificate, key), older);
    }

    private static ListenerLimits ListenerLimitsOf(YamlSection listener)
    {
        if (listener.Section("limits", "connections", "per_second", "handshake") is not { } section) return new ListenerLimits();
        var limits = new ListenerLimits(
            section.Number("connections", 1, ListenerRules.MaxConnections) ?? 0, section.Number("per_second", 1, ListenerRules.MaxPerSecond) ?? 0, section.Time("handshake") ?? TimeSpan.Zero);
        if (limits.Handshake > ListenerRules.MaxHandshake) section.Problems.Add(section.At("handshake"), "'handshake' must be at most 5m.");
        return limits;
    }

    private (bool Agents, bool People) Acceptors(YamlSection listener, string? protocol)
    {
        foreach (string key in (string[])["agents", "people"])
            if (protocol is not (null or ListenerProtocols.Admin) && listener.Has(key)) problems.Add(listener.At(key), $"'{key}' belongs to {ListenerProtocols.Admin}; {protocol} has none.");
        bool agents = listener.Flag("agents") ?? true, people = listener.Flag("people") ?? true;
        if (!agents && !people) problems.Add(listener.At("agents"), "a listener that lets in neither agents nor people is of no use.");
        return (agents, people);
    }
}
