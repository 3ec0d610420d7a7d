using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Quern.Pipelines;

/// <summary>
/// A text with holes: <c>${name}</c> stands for a property, <c>$${</c> for the two characters <c>${</c>. A dollar sign before
/// anything else is a dollar sign, so a shell's <c>$HOME</c> and <c>$$</c> stay as they are.
/// </summary>
public sealed record Template
{
    /// <summary>A piece of the text: either what it says, or a property.</summary>
    /// <param name="Text">The text as it is; for a property its name.</param>
    /// <param name="IsProperty">Whether the property's value takes its place.</param>
    /// <param name="Offset">Where it begins, in characters from 0.</param>
    public readonly record struct Part(string Text, bool IsProperty, int Offset);

    private Template(string source, ImmutableArray<Part> parts) => (Source, Parts) = (source, parts);

    public static Template Empty { get; } = new("", []);

    /// <summary>As it was written.</summary>
    public string Source { get; }

    public ImmutableArray<Part> Parts { get; }

    /// <summary>The properties it needs, in order, with the place of each.</summary>
    public IEnumerable<Part> Holes => Parts.Where(p => p.IsProperty);

    /// <param name="problem">What is wrong; null on success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Template? template, [NotNullWhen(false)] out TextProblem? problem)
    {
        (template, problem) = (null, null);
        var parts = ImmutableArray.CreateBuilder<Part>();
        var plain = new StringBuilder();
        int began = 0;
        for (int at = 0; at < text.Length;)
        {
            if (text.AsSpan(at).StartsWith("$${"))
            {
                plain.Append("${");
                at += 3;
                continue;
            }
            if (!text.AsSpan(at).StartsWith("${"))
            {
                plain.Append(text[at++]);
                continue;
            }
            int close = text.IndexOf('}', at);
            string name = close < 0 ? "" : text[(at + 2)..close];
            if (!PropertyNames.IsValid(name))
            {
                problem = new TextProblem(at, close < 0
                    ? "'${' is never closed by '}'; for the two characters themselves write '$${'."
                    : $"'${{{name}}}' holds no name of a property; for the shell's own variables write '$NAME' or '$${{{name}}}'.");
                return false;
            }
            if (plain.Length > 0) parts.Add(new Part(plain.ToString(), false, began));
            plain.Clear();
            parts.Add(new Part(name, true, at));
            began = at = close + 1;
        }
        if (plain.Length > 0) parts.Add(new Part(plain.ToString(), false, began));
        template = new Template(text, parts.ToImmutable());
        return true;
    }

    /// <summary>The text with every hole filled.</summary>
    /// <param name="valueOf">Asked once per hole.</param>
    public string Fill(Func<string, string> valueOf) => string.Concat(Parts.Select(p => p.IsProperty ? valueOf(p.Text) : p.Text));

    /// <summary>A text without holes, whatever characters it has.</summary>
    public static Template Plain(string text) => new(text, text.Length == 0 ? [] : [new Part(text, false, 0)]);
}
