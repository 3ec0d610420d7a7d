using System.Text;
using System.Text.RegularExpressions;

namespace Quern.Execution;

/// <summary>Another pattern than Buildbot's usual one, run by the regular expression engine.</summary>
internal sealed class RegexNewlines : INewlinePattern
{
    // The text is a master's, the pattern too; neither may hang a worker. A read of 64 KiB takes well under 10 ms.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly Regex _pattern;

    /// <exception cref="ArgumentException">The text is not a regular expression.</exception>
    public RegexNewlines(string pattern) => _pattern = new Regex(pattern, RegexOptions.CultureInvariant, MatchTimeout);

    public int Translate(ref byte[] text, int length, out int settled)
    {
        string before = Encoding.UTF8.GetString(text, 0, length);
        string after;
        try
        {
            after = _pattern.Replace(before, "\n");
        }
        catch (RegexMatchTimeoutException)
        {
            after = before;   // output is worth more than its line ends
        }
        if (!ReferenceEquals(before, after))
        {
            length = Encoding.UTF8.GetByteCount(after);
            if (text.Length < length) text = new byte[length];
            Encoding.UTF8.GetBytes(after, text);
        }
        settled = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
        return length;
    }
}
