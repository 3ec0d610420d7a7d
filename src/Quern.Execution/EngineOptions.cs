using System.Collections.Immutable;

namespace Quern.Execution;

/// <summary>What a command engine is told once.</summary>
public sealed record EngineOptions
{
    /// <summary>The worker's own folder, absolute; <c>rm</c> and <c>cp</c> run here.</summary>
    public required string BaseDirectory { get; init; }

    /// <summary>The worker's environment, which commands inherit.</summary>
    public ImmutableSortedDictionary<string, string> Environment { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// Names this run of the worker among all that the machine has had: the marks of its commands begin with it. Null for the number and
    /// the start of this process.
    /// </summary>
    public string? Run { get; init; }

    /// <summary>
    /// Updates of one command that may be unanswered at once. 8 keep a link busy over a round trip of some milliseconds;
    /// 1 hands them over one after the other.
    /// </summary>
    public int UpdatesInFlight { get; init; } = 8;

    /// <summary>Blocks of an upload that may be unanswered at once; stock workers wait for each. With 1 a download, too, asks for a block only when the one before is written.</summary>
    public int BlocksInFlight { get; init; } = 4;

    /// <summary>The environment of this process.</summary>
    public static ImmutableSortedDictionary<string, string> OwnEnvironment()
    {
        var result = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            result[(string)entry.Key] = (string?)entry.Value ?? "";
        return result.ToImmutable();
    }
}
