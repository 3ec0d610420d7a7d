using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>The environment of a command: the worker's own with the master's changes. buildbot-commands.md section 2.4.</summary>
internal static partial class EnvironmentMerge
{
    private const string PythonPath = "PYTHONPATH";

    /// <exception cref="CommandFailedException">A value is neither text, list nor nil.</exception>
    public static ImmutableSortedDictionary<string, string> Apply(
        IReadOnlyDictionary<string, string> worker, WireValue? changes, string workingDirectory)
    {
        var result = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in worker) result[name] = value;
        if (changes is WireValue.Map map)
            foreach (var (name, value) in map.Entries) Apply(result, worker, name, value);
        result["PWD"] = Path.GetFullPath(workingDirectory);
        return result.ToImmutable();
    }

    private static void Apply(
        ImmutableSortedDictionary<string, string>.Builder result, IReadOnlyDictionary<string, string> worker, string name, WireValue value)
    {
        string? text = value switch
        {
            WireValue.Nil => null,
            WireValue.Text t => t.Value,
            WireValue.List list => string.Join(':', list.Items.Select(PythonText.Str)),
            _ => throw CommandFailedException.Of(
                "RuntimeError", $"'env' values must be strings or lists; key '{name}' is incorrect"),
        };
        if (text is null)
        {
            result.Remove(name);
            return;
        }
        if (name == PythonPath) text += ":${PYTHONPATH}";
        result[name] = Reference().Replace(text, m => worker.GetValueOrDefault(m.Groups[1].Value, ""));
    }

    [GeneratedRegex(@"\$\{([0-9a-zA-Z_]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
