using System.Collections.Immutable;

namespace Quern.Pipelines;

/// <summary>A builder as the configuration describes it: steps that are not those of a package.</summary>
/// <param name="Name">Unique; also the folder it works in on each worker.</param>
public sealed record Builder(string Name)
{
    public const int MaxSteps = 500;

    /// <summary>What a name looks like, for messages.</summary>
    public const string NameRule = "1 to 100 letters, digits, '.', '_' and '-', not beginning with '.' or '-': it names a folder of the worker";

    public string Description { get; init; } = "";

    /// <summary>Workers that may run it, by name; empty for any.</summary>
    public ImmutableArray<string> Workers { get; init; } = [];

    /// <summary>Tags that the worker must have, all of them.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<BuilderProperty> Properties { get; init; } = [];

    /// <summary>For every <c>run</c>; a null value removes the variable.</summary>
    public ImmutableSortedDictionary<string, Template?> Environment { get; init; } = ImmutableSortedDictionary<string, Template?>.Empty;

    /// <summary>Names of the locks that a run holds while it runs.</summary>
    public ImmutableArray<string> Locks { get; init; } = [];

    /// <summary>Higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>1 to <see cref="MaxSteps"/>, with different names.</summary>
    public ImmutableArray<BuilderStep> Steps { get; init; } = [];

    public static bool IsName(string name) =>
        name.Length is > 0 and <= 100 && name[0] is not ('.' or '-') && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
