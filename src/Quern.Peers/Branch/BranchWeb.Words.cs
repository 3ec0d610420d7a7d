using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <content>The desk's answers in the words of HTTP.</content>
public sealed partial class BranchWeb
{
    /// <summary>Characters of what somebody sent that an answer repeats.</summary>
    private const int MaxShown = 256;

    /// <param name="subject">What was asked about; some answers repeat it.</param>
    private static BranchHttpAnswer Words(BranchAnswer answer, string subject = "")
    {
        if (answer is not BranchAnswer.Reply reply) return new BranchHttpAnswer.Data(answer);
        return WordOf(reply.Code) is { } word
            ? Said(word, reply.Code == BranchReply.NotAllowed ? reply.Argument : Shown(subject))
            // The original looks at nothing else; the socket has a text for it.
            : Said(BranchHttpReply.Refused, (BranchTexts.Of(reply.Code).V2 ?? "").Replace(BranchText.Gap, reply.Argument, StringComparison.Ordinal));
    }

    private static BranchHttpReply? WordOf(BranchReply reply) => reply switch
    {
        BranchReply.NotAllowed => BranchHttpReply.NotAllowed,
        BranchReply.CheckoutUnknown => BranchHttpReply.RecipeUnknown,
        BranchReply.BuildTaken or BranchReply.BuildQueued => BranchHttpReply.BuildQueued,
        BranchReply.BuildUnknown => BranchHttpReply.BuildUnknown,
        BranchReply.JobsCleared => BranchHttpReply.JobsCleared,
        BranchReply.LogUnknownJob => BranchHttpReply.LogUnknownJob,
        BranchReply.LogMissing => BranchHttpReply.LogEmpty,
        BranchReply.SubmitAccepted => BranchHttpReply.SubmitAccepted,
        BranchReply.SubmitInvalid => BranchHttpReply.SubmitInvalid,
        BranchReply.JobCanceled => BranchHttpReply.JobCancelled,
        BranchReply.CancelUnknown or BranchReply.CancelNotQueued => BranchHttpReply.CancelUnknown,
        BranchReply.JobsCanceled => BranchHttpReply.JobsCancelled,
        BranchReply.Deleted => BranchHttpReply.Deleted,
        BranchReply.DeleteUnknown => BranchHttpReply.DeleteUnknown,
        BranchReply.DeleteRequired => BranchHttpReply.DeleteRequired,
        BranchReply.ClientUnknown => BranchHttpReply.ClientUnknown,
        _ => null,
    };

    private static string Shown(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";
}
