using System.Collections.Immutable;

namespace Quern.Execution;

/// <summary>What to start and how.</summary>
/// <param name="Arguments">Program and arguments; the program is searched in <paramref name="Environment"/>'s PATH.</param>
/// <param name="Directory">The child's current directory; must exist.</param>
/// <param name="Environment">All of it.</param>
/// <param name="UseTerminal">Whether it gets a terminal of its own instead of pipes.</param>
/// <param name="KeepStdin">Whether standard input stays open for us to write; otherwise it is at its end at once.</param>
internal sealed record LaunchRequest(
    ImmutableArray<string> Arguments,
    string Directory,
    ImmutableSortedDictionary<string, string> Environment,
    bool UseTerminal,
    bool KeepStdin);
