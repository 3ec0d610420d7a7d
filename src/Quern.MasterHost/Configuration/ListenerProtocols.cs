using System.Collections.Immutable;

namespace Quern.MasterHost.Configuration;

/// <summary>The protocols a listener can speak.</summary>
public static class ListenerProtocols
{
    /// <summary>Workers over MessagePack and WebSocket, Quern's own too.</summary>
    public const string BuildbotMessagePack = "buildbot-msgpack";

    /// <summary>Workers over Perspective Broker: every Buildbot worker there ever was, and Quern's own too.</summary>
    public const string BuildbotPerspective = "buildbot-pb";

    /// <summary>Controllers of the Branch family, of every age.</summary>
    public const string Branch = "branch";

    /// <summary>Branch's HTTP API, and with it the repository for the package manager leaf.</summary>
    public const string Leaf = "leaf";

    /// <summary>The administration protocol, for people's programs and for agents. Always within TLS.</summary>
    public const string Admin = "admin";

    /// <summary>API and pages, beside the door that they always have.</summary>
    public const string Http = "http";

    public static ImmutableArray<string> All { get; } = [BuildbotMessagePack, BuildbotPerspective, Branch, Leaf, Admin, Http];

    /// <summary>The port that peers of the protocol try when nothing is said; null when there is none.</summary>
    public static int? DefaultPort(string? protocol) => protocol switch
    {
        BuildbotPerspective => 9989,
        Branch => 27015,
        Leaf => 8080,
        Admin => 8768,
        _ => null,
    };

    public static bool IsKnown(string protocol) => All.Contains(protocol);

    /// <summary>The sentence for a name that is not known.</summary>
    public static string Unknown(string protocol) =>
        $"'{protocol}' is not a protocol that this version can listen for; it knows {string.Join(", ", All)}." + Suggestion.For(protocol, All);
}
