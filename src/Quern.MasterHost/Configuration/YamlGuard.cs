using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Quern.MasterHost.Configuration;

/// <summary>
/// Looks at a YAML text as a flat stream of events before a tree is made of it: the tree is built by recursion, and aliases
/// make it larger than the text.
/// </summary>
internal static class YamlGuard
{
    private const int MaxDepth = 32;
    private const int MaxEvents = 200_000;
    private const int MaxAliases = 100;

    /// <summary>Null when the text may be loaded.</summary>
    public static ConfigurationProblem? Refuse(string file, string text)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0, events = 0, aliases = 0;
        while (parser.MoveNext())
        {
            var current = parser.Current!;
            depth += current.NestingIncrease;
            string? why =
                depth > MaxDepth ? $"more than {MaxDepth} levels of nesting." :
                ++events > MaxEvents ? $"more than {MaxEvents} values." :
                current is AnchorAlias && ++aliases > MaxAliases ? $"more than {MaxAliases} aliases." : null;
            if (why is not null) return new ConfigurationProblem(file, current.Start.Line, current.Start.Column, why);
        }
        return null;
    }
}
