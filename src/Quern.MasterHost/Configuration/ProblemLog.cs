using System.Collections.Immutable;
using YamlDotNet.Core;

namespace Quern.MasterHost.Configuration;

/// <summary>Collects what is wrong in one file, and stops a reading that visits too much.</summary>
/// <param name="file">What messages call it.</param>
/// <param name="text">What it holds, for exact places inside values.</param>
internal sealed class ProblemLog(string file, string text = "")
{
    /// <summary>Aliases are shared nodes, so a small file can be a large tree: no more nodes than this are visited.</summary>
    private const int MaxVisits = 200_000;

    private readonly List<ConfigurationProblem> _problems = [];
    private int _visits;

    /// <summary>
    /// The keys that each section read so far may have, by the section's path (<c>limits</c>, <c>workers[0]</c>, empty for the
    /// whole file). What the mapper asks for is thus known from the mapper itself; the test of docs/configuration.md reads it.
    /// </summary>
    public Dictionary<string, string[]> KnownKeys { get; } = new(StringComparer.Ordinal);

    public YamlPlace Place { get; } = new(text);

    public bool Any => _problems.Count > 0;

    public void Add(Mark at, string message) => _problems.Add(new ConfigurationProblem(file, at.Line, at.Column, message));

    /// <summary>Counts one node; false once there were too many, which is itself a problem.</summary>
    public bool Visit(Mark at)
    {
        if (++_visits == MaxVisits + 1) Add(at, $"more than {MaxVisits} values, aliases counted each time.");
        return _visits <= MaxVisits;
    }

    public ImmutableArray<ConfigurationProblem> ToImmutable() => [.. _problems.OrderBy(p => p.Line).ThenBy(p => p.Column)];
}
