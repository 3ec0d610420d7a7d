using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>Typed access to what the master sent with a command. Unknown arguments are ignored, as stock workers do.</summary>
internal sealed class CommandArguments(string commandClass, WireValue.Map map)
{
    /// <exception cref="CommandRefusedException">One is absent; the text is a stock worker's.</exception>
    public CommandArguments Require(params ReadOnlySpan<string> names)
    {
        var missing = new List<string>();
        foreach (string name in names)
            if (map[name] is null) missing.Add(name);
        if (missing.Count > 0)
            throw new CommandRefusedException($"{commandClass} is missing args: {string.Join(", ", missing)}");
        return this;
    }

    /// <summary>The value; null when absent or nil.</summary>
    public WireValue? this[string name] => map[name] is { } value and not WireValue.Nil ? value : null;

    public bool Has(string name) => map[name] is not null;

    /// <exception cref="CommandRefusedException">It is not text.</exception>
    public string Text(string name) => this[name] switch
    {
        WireValue.Text text => text.Value,
        WireValue.Binary bytes => System.Text.Encoding.UTF8.GetString(bytes.Value.Span),
        _ => throw Wrong(name, "text"),
    };

    public string? OptionalText(string name) => this[name] is null ? null : Text(name);

    /// <summary>A path, which the system is to see as it is: behind a NUL it would see nothing.</summary>
    /// <exception cref="CommandRefusedException">It is not text, or holds a NUL.</exception>
    public string Path(string name) => WithoutNul(Text(name));

    /// <summary>A list of paths; a single text is a list of one.</summary>
    /// <exception cref="CommandRefusedException">One is not text, or holds a NUL.</exception>
    public ImmutableArray<string> Paths(string name) => this[name] switch
    {
        WireValue.List list => [.. list.Items.Select(i => i is WireValue.Text t ? WithoutNul(t.Value) : throw Wrong(name, "a list of texts"))],
        WireValue.Text text => [WithoutNul(text.Value)],
        _ => throw Wrong(name, "a list of texts"),
    };

    public long? Integer(string name) => this[name] switch
    {
        null => null,
        WireValue.Integer i => i.Value,
        WireValue.Float f when f.Value == Math.Truncate(f.Value) && Math.Abs(f.Value) < 1e15 => (long)f.Value,
        WireValue.Boolean b => b.Value ? 1 : 0,
        _ => throw Wrong(name, "a number"),
    };

    /// <summary>Python's idea of truth; <paramref name="absent"/> when the argument is not there.</summary>
    public bool Truth(string name, bool absent) => map[name] switch
    {
        null => absent,
        WireValue.Nil => false,
        WireValue.Boolean b => b.Value,
        WireValue.Integer i => i.Value != 0,
        WireValue.Float f => f.Value != 0,
        WireValue.Text t => t.Value.Length > 0,
        WireValue.List l => l.Items.Length > 0,
        WireValue.Map m => m.Entries.Length > 0,
        _ => true,
    };

    /// <summary>A length of time, with the text a header shows for it; null when absent, nil or zero.</summary>
    public Seconds? Seconds(string name) => this[name] switch
    {
        null => null,
        WireValue.Integer i => Execution.Seconds.From(i.Value, PythonText.Repr(i)),
        WireValue.Float f => Execution.Seconds.From(f.Value, PythonText.Repr(f)),
        _ => throw Wrong(name, "seconds"),
    };

    // The words of Python.
    private static string WithoutNul(string path) =>
        path.Contains('\0', StringComparison.Ordinal) ? throw new CommandRefusedException("embedded null byte") : path;

    private CommandRefusedException Wrong(string name, string expected) =>
        new($"{commandClass}: argument '{name}' must be {expected}");
}
