using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>One argument of a program: what it gets and what logs show. They differ when the master wants it hidden.</summary>
internal readonly record struct CommandWord(string Real, string Shown)
{
    /// <summary>Text, or <c>["obfuscated", real, shown]</c>; anything else in its Python form.</summary>
    public static CommandWord From(WireValue value)
    {
        if (value is WireValue.List { Items: [WireValue.Text { Value: "obfuscated" }, var real, var shown] })
            return new CommandWord(PythonText.Str(real), PythonText.Str(shown));
        string text = PythonText.Str(value);
        return new CommandWord(text, text);
    }
}
