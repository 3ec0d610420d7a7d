using System.Collections.Immutable;

namespace Quern.Protocols.Branch;

/// <summary>Finds the reply that a text stands for.</summary>
internal static class ReplyReader
{
    private static readonly ImmutableArray<BranchReply> Everywhere = [BranchReply.UnknownCommand, BranchReply.HandlerFailed, BranchReply.NotAllowed];

    /// <param name="text">As it came.</param>
    /// <param name="status">That came with it; 0 where the dialect has none.</param>
    /// <param name="replies">Those of the command, looked at first.</param>
    /// <param name="textOf">The dialect's text of a reply; null when it has none.</param>
    public static BranchAnswer.Reply? Find(string text, int status, ImmutableArray<BranchReply> replies, Func<BranchReply, string?> textOf)
    {
        foreach (var reply in replies.AddRange(Everywhere))
        {
            if (textOf(reply) is not { } known || (status != 0 && BranchTexts.Of(reply).Status != status)) continue;
            int gap = known.IndexOf(BranchText.Gap, StringComparison.Ordinal);
            if (gap < 0)
            {
                if (text == known) return new BranchAnswer.Reply(reply);
                continue;
            }
            string before = known[..gap], after = known[(gap + BranchText.Gap.Length)..];
            if (text.Length < before.Length + after.Length || !text.StartsWith(before, StringComparison.Ordinal) || !text.EndsWith(after, StringComparison.Ordinal)) continue;
            return new BranchAnswer.Reply(reply, text[before.Length..^after.Length]);
        }
        return null;
    }
}
