using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.MasterHost.Configuration;

/// <summary>
/// The revisions of the MessagePack protocol that a listener speaks: v7 always, v1 when asked for. Written <c>v7,v1</c>; the empty
/// text is v7 alone.
/// </summary>
internal static class ListenerRevisions
{
    private const string Default = "v7", Older = "v1";

    private static ImmutableArray<string> Known { get; } = [Default, Older];

    /// <summary>The revisions as they are kept, or null with a sentence for people.</summary>
    /// <param name="protocol">Of the listener.</param>
    /// <param name="words">As the user wrote them; none for the default.</param>
    /// <param name="problem">Empty on success.</param>
    public static string? TryRead(string protocol, IReadOnlyCollection<string> words, out string problem)
    {
        problem = "";
        if (words.Count == 0) return "";
        if (protocol != ListenerProtocols.BuildbotMessagePack)
            problem = $"'revisions' belongs to {ListenerProtocols.BuildbotMessagePack}; {protocol} has none.";
        else if (words.FirstOrDefault(word => !Known.Contains(word)) is { } unknown)
            problem = $"'revisions' must be a list of {string.Join(" and ", Known)}, not '{unknown}'.{Suggestion.For(unknown, Known)}";
        else if (!words.Contains(Default))
            problem = $"'revisions' must hold {Default}: every worker but those of Buildbot 3.5 speaks it.";
        if (problem.Length > 0) return null;
        return words.Contains(Older) ? $"{Default},{Older}" : "";
    }

    public static ImmutableArray<BuildbotRevision> Of(string kept) =>
        kept.Length == 0 ? [BuildbotRevision.V7] : [BuildbotRevision.V7, BuildbotRevision.V1];

    public static ImmutableArray<string> WordsOf(string protocol, string kept) =>
        protocol != ListenerProtocols.BuildbotMessagePack ? []
        : kept.Length == 0 ? [Default]
        : [.. kept.Split(',')];
}
