namespace Quern.Peers.Buildbot;

/// <summary>What to do about a worker that says nothing.</summary>
internal enum SilenceVerdict
{
    Wait,

    /// <summary>Ask it for a sign of life.</summary>
    Ask,

    /// <summary>It had its time: the link is dead.</summary>
    GiveUp,
}

/// <summary>The rule of silence as a pure function.</summary>
internal static class SilenceRule
{
    /// <param name="silence">Since the worker's last message.</param>
    /// <param name="asked">Whether an answer to a keepalive is due.</param>
    /// <param name="busy">Whether a command runs during which stock workers answer nothing.</param>
    /// <param name="options">The times.</param>
    public static SilenceVerdict Judge(TimeSpan silence, bool asked, bool busy, WorkerLinkOptions options)
    {
        if (silence < options.KeepaliveInterval) return SilenceVerdict.Wait;
        if (!asked) return SilenceVerdict.Ask;
        TimeSpan patience = busy ? options.BusyPatience : options.AnswerPatience;
        return silence >= options.KeepaliveInterval + patience ? SilenceVerdict.GiveUp : SilenceVerdict.Wait;
    }
}
