using System.Buffers;

namespace Quern.Execution;

/// <summary>Words as one would type them for a shell; for people, as buildbot-commands.md section 2.2 writes them.</summary>
internal static class ShellQuoting
{
    private static readonly SearchValues<char> Safe = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-");

    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Quote(string word) =>
        word.Length == 0 ? "\"\""
        : word.AsSpan().IndexOfAnyExcept(Safe) < 0 ? word
        : $"'{word.Replace("'", "'\"'\"'", StringComparison.Ordinal)}'";
}
