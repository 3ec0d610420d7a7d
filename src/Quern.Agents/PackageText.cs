using System.Text;

namespace Quern.Agents;

/// <summary>The texts that packages bring along (folder <c>Texts</c>), with <c>@WORD@</c> replaced.</summary>
internal static class PackageText
{
    /// <param name="name">The file's name.</param>
    /// <param name="words">What stands for each <c>@WORD@</c>: words of ours alone, never of people.</param>
    public static byte[] Of(string name, params ReadOnlySpan<(string Word, string Value)> words)
    {
        using var stream = typeof(PackageText).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"No text '{name}' is built in.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string text = reader.ReadToEnd();
        foreach (var (word, value) in words) text = text.Replace($"@{word}@", value, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text);
    }
}
