using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Quern.Web;

/// <summary>A piece of a page in which every value from outside is already escaped; the only way to make one is <see cref="Of"/>.</summary>
public readonly struct Html
{
    private readonly string? _text;

    private Html(string text) => _text = text;

    public static Html Empty => default;

    /// <summary>Markup with holes: literals stay as they are, values are escaped for text and quoted attributes.</summary>
    public static Html Of(Builder markup) => new(markup.ToString());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.ToString())));

    public override string ToString() => _text ?? "";

    /// <summary>What the compiler calls for <c>$"…"</c>. There is no overload for any object: what has no rule does not compile.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Builder(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _text = new(literalLength + (formattedCount * 16));

        public void AppendLiteral(string value) => _text.Append(value);

        public void AppendFormatted(string? value) => _text.Append(HtmlEncoder.Default.Encode(value ?? ""));

        public void AppendFormatted(Html value) => _text.Append(value.ToString());

        public void AppendFormatted(IEnumerable<Html> values)
        {
            foreach (var value in values) _text.Append(value.ToString());
        }

        public void AppendFormatted(long value) => _text.Append(value.ToString("N0", CultureInfo.InvariantCulture));

        public override string ToString() => _text.ToString();
    }
}
