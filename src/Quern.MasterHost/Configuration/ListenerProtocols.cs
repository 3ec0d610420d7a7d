using System.Collections.Immutable;

namespace Quern.MasterHost.Configuration;

/// <summary>The protocols a listener can speak.</summary>
public static class ListenerProtocols
{
    /// <summary>Workers over MessagePack and WebSocket, Quern's own too.</summary>
    public const string BuildbotMessagePack = "buildbot-msgpack";

    public static ImmutableArray<string> All { get; } = [BuildbotMessagePack];

    public static bool IsKnown(string protocol) => All.Contains(protocol);

    /// <summary>The sentence for a name that is not known.</summary>
    public static string Unknown(string protocol) =>
        $"'{protocol}' is not a protocol that this version can listen for; it knows {string.Join(", ", All)}.";
}
