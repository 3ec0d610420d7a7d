using System.Text;

namespace Quern.WorkerHost;

/// <summary>The end of what a program said.</summary>
internal sealed class TextTail
{
    private const int MaxCharacters = 4096;

    private string _text = "";

    /// <summary>The last line that is not empty; "nothing was said" when there is none.</summary>
    public string LastLine => _text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("nothing was said");

    public ValueTask AddAsync(ReadOnlyMemory<byte> text)
    {
        _text += Encoding.UTF8.GetString(text.Span);
        if (_text.Length > MaxCharacters) _text = _text[^MaxCharacters..];
        return ValueTask.CompletedTask;
    }
}
