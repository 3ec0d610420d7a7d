using System.Text;
using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <summary>
/// Logs in, and finds out which revision the master speaks: the youngest first; a master that has another version says so and is asked
/// again on the same connection; one that answers <c>INV_CMD</c> is of the old kind. One that says nothing at all is asked in the old words
/// on the next connection.
/// </summary>
/// <param name="wanted">The only revision to speak; null for whatever the master does.</param>
internal sealed class BranchLogin(BranchWire wire, BotLimits limits, string name, string key, BranchRevision? wanted)
{
    /// <summary>Of a master before the login; it stands there in no other reply.</summary>
    private const string OtherVersion = "Protocol version is not matching.";

    /// <param name="first">What to try first where nothing is wanted.</param>
    /// <returns>The conversation and its revision, or the end of the link.</returns>
    public async Task<(BotTalk? Talk, BranchRevision Revision, LinkEnd? End)> RunAsync(BranchRevision first, CancellationToken cancellationToken)
    {
        var revision = wanted ?? first;
        while (revision != BranchRevision.V1b)
        {
            byte[] body = await AskAsync(revision, cancellationToken);
            if (!BranchV2.TryReadStatus(body, out long status, out string text))
            {
                if (wanted is not null || !body.AsSpan().SequenceEqual("INV_CMD"u8))
                    return (null, revision, new LinkEnd.Expelled($"the master does not speak this revision of the protocol; it says '{Shown(Encoding.UTF8.GetString(body))}'"));
                revision = BranchRevision.V1b;
                break;
            }
            if (status == 200)
            {
                wire.Speak(BranchDialect.V2);
                return (new BotTalk(wire, BranchDialect.V2, limits), revision, null);
            }
            bool older = wanted is null && revision == BranchRevision.V21 && text.StartsWith(OtherVersion, StringComparison.Ordinal);
            if (!older) return (null, revision, Refused(text, BranchTexts.Of(BranchReply.KeyRefused).V2));
            revision = BranchRevision.V20;
        }
        return await LogOnV1Async(cancellationToken) is { } end ? (null, revision, end) : (new BotTalk(wire, BranchDialect.V1, limits), revision, null);
    }

    private Task<byte[]> AskAsync(BranchRevision revision, CancellationToken cancellationToken)
    {
        int version = revision == BranchRevision.V20 ? 0 : 1;
        var request = new BranchRequest.LogOn(name, BranchWords.Bot, key.Length == 0 ? null : key, version, "");
        return wire.AskAsync(BotTalk.FrameOf(BranchDialect.V2, request), limits.LoginPatience, cancellationToken);
    }

    private async Task<LinkEnd?> LogOnV1Async(CancellationToken cancellationToken)
    {
        var talk = new BotTalk(wire, BranchDialect.V1, limits);
        foreach (var request in (BranchRequest[])[new BranchRequest.ShowKey(key), new BranchRequest.SetType(BranchWords.Bot), new BranchRequest.SetName(name)])
        {
            // Without a key the originals leave the first one out.
            if (request is BranchRequest.ShowKey && key.Length == 0) continue;
            var answer = await talk.AskAsync(request, limits.LoginPatience, cancellationToken);
            if (answer.IsDone) continue;
            return answer.Data is BranchAnswer.Reply { Code: BranchReply.KeyRefused or BranchReply.KeyRequired }
                ? new LinkEnd.Unauthorized($"the master refuses the key: {answer.Text}")
                : new LinkEnd.Expelled($"the master refuses the login: {answer.Text}");
        }
        wire.Speak(BranchDialect.V1);
        return null;
    }

    private static LinkEnd Refused(string text, string? keyText) => text == keyText
        ? new LinkEnd.Unauthorized($"the master refuses the key: {text}")
        : new LinkEnd.Expelled($"the master refuses the login: {Shown(text)}");

    private static string Shown(string text) => string.Concat(text.Take(200).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
