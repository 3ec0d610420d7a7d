namespace Quern.Protocols.Admin;

/// <summary>In which file and module each inherited definition lived. Administration protocol, "Type numbers".</summary>
internal static class InheritedNames
{
    private static readonly Dictionary<string, (string File, string Module)> s_places = new(
    [
        .. In("Group", "clientserver", "BuildAgent", "CreateGroup", "DeleteGroup", "UpdateGroup"),
        .. In("Listener", "clientserver", "CreateListener", "DeleteListener", "UpdateListener"),
        .. In("Session", "clientserver", "Login", "Logout"),
        .. In("Server", "clientserver", "ServerBanner"),
        .. In("User", "clientserver", "CreateUser", "DeleteUser", "UpdateUser"),
        .. In("Session", "net", "Session"),
        .. In("Session", "serveragent", "AuthSession"),
        .. In("Network", "instance", "Ping"),
        .. In("Stream", "instance", "STStream"),
        .. In("Stream", "net", "StopStream"),
        new("RQ_DirectConnection", ("Network", "net")),
        new("RQ_CoordinateConnection", ("Network", "net")),
        new("EV_NetworkChange", ("Network", "net")),
        new("EV_STStreamData", ("Stream", "instance")),
        new("RQ_RefreshAuthCertificate", ("Session", "serveragent")),
        new("RQ_ChangePowerState", ("Agent", "serveragent")),
        // Never moved to a file of its own; an empty file name says so.
        .. In("", "serveragent", "AgentMetadata"),
    ]);

    private static readonly Dictionary<string, string> s_outcomes = new()
    {
        ["RQ_Login"] = "clientserver.msg.MsgLogin$RQ_Login",
        ["RQ_Logout"] = "clientserver.msg.MsgLogin$RQ_Logout",
        ["RQ_ServerBanner"] = "clientserver.msg.MsgServer$RQ_ServerBanner",
        ["RS_ServerBanner"] = "clientserver.msg.MsgServer$RS_ServerBanner",
        ["RQ_Ping"] = "instance.msg.MsgPing$RQ_Ping",
        ["RS_Ping"] = "instance.msg.MsgPing$RS_Ping",
        ["RQ_Session"] = "net.msg.MsgCvid$RQ_Cvid",
        ["RS_Session"] = "net.msg.MsgCvid$RS_Cvid",
        ["Outcome"] = "foundation.Result$Outcome",
    };

    /// <summary>Every name that a definition had, with its set; for one that is Quern's own, that one.</summary>
    public static IEnumerable<(NameSet Set, string Name)> Of(string definition)
    {
        if (s_outcomes.TryGetValue(definition, out string? old)) yield return (NameSet.Outcomes, $"com.sandpolis.core.{old}");
        if (definition == "Outcome") yield break;
        if (!s_places.TryGetValue(definition, out var place))
        {
            yield return (NameSet.Quern, $"quern.admin.v1.{definition}");
            yield break;
        }
        string merged = place.Module == "net" ? "instance" : place.Module;
        string renamed = $"org.s7s.core.{merged}.Messages${definition}";
        yield return (NameSet.Protocol, place.File.Length == 0 ? renamed : $"org.s7s.core.protocol.{place.File}${definition}");
        yield return (NameSet.Modules, $"com.sandpolis.core.{place.Module}.Messages${definition}");
        yield return (NameSet.MergedModules, $"com.sandpolis.core.{merged}.Messages${definition}");
        yield return (NameSet.RenamedModules, renamed);
    }

    private static KeyValuePair<string, (string, string)>[] In(string file, string module, params string[] requests) =>
        [.. requests.SelectMany(r => new[] { $"RQ_{r}", $"RS_{r}" }).Select(name => KeyValuePair.Create(name, (file, module)))];
}
