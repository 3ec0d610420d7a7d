using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Quern.Protocols.Branch;

/// <summary>
/// Writes JSON as Python's json module does: <c>", "</c> and <c>": "</c>, and every character beyond printable ASCII as
/// <c>\uXXXX</c>. The old clients decode what arrives piece by piece, so a character of several bytes could be torn apart.
/// </summary>
/// <param name="output">Gets the bytes.</param>
internal sealed class PythonJsonWriter(IBufferWriter<byte> output)
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create(Enumerable.Range(' ', '~' - ' ' + 1).Select(i => (char)i).Where(c => c is not ('"' or '\\')).ToArray());

    /// <summary>Whether something stands already in the innermost object or array.</summary>
    private bool _follows;

    public void BeginObject() => Begin((byte)'{');

    public void EndObject() => End((byte)'}');

    public void BeginArray() => Begin((byte)'[');

    public void EndArray() => End((byte)']');

    public void Name(string name)
    {
        Comma();
        Quoted(name);
        output.Write(": "u8);
        _follows = false;
    }

    public void Text(string text)
    {
        Comma();
        Quoted(text);
        _follows = true;
    }

    public void Number(long number)
    {
        Comma();
        var span = output.GetSpan(20);
        Utf8Formatter.TryFormat(number, span, out int written);
        output.Advance(written);
        _follows = true;
    }

    /// <summary>A number or literal in its JSON form.</summary>
    /// <param name="ascii">Trusted to be one.</param>
    public void Token(string ascii)
    {
        Comma();
        Raw(ascii);
        _follows = true;
    }

    public void Member(string name, string text)
    {
        Name(name);
        Text(text);
    }

    public void Member(string name, long number)
    {
        Name(name);
        Number(number);
    }

    public void Member(string name, bool flag)
    {
        Name(name);
        Token(flag ? "true" : "false");
    }

    public void Member(string name, IEnumerable<string> texts)
    {
        Name(name);
        Texts(texts);
    }

    public void Texts(IEnumerable<string> texts)
    {
        BeginArray();
        foreach (string text in texts) Text(text);
        EndArray();
    }

    private void Begin(byte bracket)
    {
        Comma();
        Byte(bracket);
        _follows = false;
    }

    private void End(byte bracket)
    {
        Byte(bracket);
        _follows = true;
    }

    private void Comma()
    {
        if (_follows) output.Write(", "u8);
    }

    private void Quoted(ReadOnlySpan<char> text)
    {
        Byte((byte)'"');
        while (!text.IsEmpty)
        {
            int plain = text.IndexOfAnyExcept(Plain);
            if (plain < 0) plain = text.Length;
            Raw(text[..plain]);
            text = text[plain..];
            if (text.IsEmpty) break;
            Escaped(text[0]);
            text = text[1..];
        }
        Byte((byte)'"');
    }

    private void Escaped(char c)
    {
        switch (c)
        {
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\r': output.Write("\\r"u8); break;
            case '\t': output.Write("\\t"u8); break;
            case '\b': output.Write("\\b"u8); break;
            case '\f': output.Write("\\f"u8); break;
            default:
                var span = output.GetSpan(6);
                span[0] = (byte)'\\';
                span[1] = (byte)'u';
                Utf8Formatter.TryFormat((ushort)c, span[2..], out _, new StandardFormat('x', 4));
                output.Advance(6);
                break;
        }
    }

    private void Raw(ReadOnlySpan<char> ascii)
    {
        // In pieces: a buffer writer need not have room for a long text at once.
        while (!ascii.IsEmpty)
        {
            var piece = ascii[..Math.Min(ascii.Length, 4096)];
            int written = Encoding.ASCII.GetBytes(piece, output.GetSpan(piece.Length));
            output.Advance(written);
            ascii = ascii[piece.Length..];
        }
    }

    private void Byte(byte b)
    {
        output.GetSpan(1)[0] = b;
        output.Advance(1);
    }
}
