using Quern.Protocols.Buildbot;

namespace Quern.Execution;

internal static class NewlinePatterns
{
    /// <summary>A pattern object for one stream; an unusable expression falls back to the usual one.</summary>
    public static INewlinePattern Create(string regex)
    {
        if (regex == WorkerSettings.Buildbot.NewlineRegex) return new ControlSequences();
        try
        {
            return new RegexNewlines(regex);
        }
        catch (ArgumentException)
        {
            return new ControlSequences();
        }
    }
}
