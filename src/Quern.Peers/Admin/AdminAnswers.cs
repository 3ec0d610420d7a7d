using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>Makes answers.</summary>
internal static class AdminAnswers
{
    private static readonly string[] s_refusals = ["ACCESS_DENIED", "FAILED", "INVALID", "EXPIRED"];
    private static readonly string[] s_failures = ["_FAILED", "ACCESS_DENIED", "INVALID", "EXPIRED"];

    public static AdminAnswer.Result Of<TResults>(TResults result, ResultTail? tail = null) where TResults : struct, Enum =>
        new(Convert.ToInt32(result, System.Globalization.CultureInfo.InvariantCulture), tail);

    public static AdminAnswer.Message Of(IMessage message) => new(message);

    /// <summary>The result that stands for what a desk answered, with the desk's words behind it.</summary>
    public static AdminAnswer.Result Of<TResults>(EstateAnswer answer, TResults result, Func<string, string>? field = null) where TResults : struct, Enum =>
        Of(result, Tail(answer, field));

    /// <summary>Null when there is nothing to say beside the result.</summary>
    public static ResultTail? Tail(EstateAnswer answer, Func<string, string>? field = null)
    {
        var tail = new ResultTail
        {
            Detail = answer.Detail,
            Field = field is null ? answer.Field : field(answer.Field),
            ResourceId = answer.Id,
            Revision = answer.Revision,
        };
        return tail.CalculateSize() > 0 ? tail : null;
    }

    public static ResultTail Detail(string text) => new() { Detail = text };

    public static ResultTail RetryAfter(TimeSpan wait) =>
        new() { Detail = "Too many tries; wait.", RetryAfterSeconds = (uint)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, uint.MaxValue) };

    /// <summary>What somebody is told who may not: the request's result for that, or an answer with nothing in it.</summary>
    public static AdminAnswer Denied(AdminType request, string detail = "") => Named(request.Answer!, s_refusals, detail);

    /// <summary>What somebody is told whose session must be proved again first: the refusal, with what to do about it for those who read that.</summary>
    public static AdminAnswer ProveAgain(AdminType request) => Denied(request, "Prove that it is you: RQ_Login on this connection with your password, and a code if you have them; then send this again.") switch
    {
        AdminAnswer.Result result => result with { Tail = new ResultTail(result.Tail ?? new ResultTail()) { ProveAgain = true } },
        AdminAnswer.Message { Value: RS_CreateEnrolmentToken key } => Of(new RS_CreateEnrolmentToken(key) { ProveAgain = true }),
        AdminAnswer.Message { Value: RS_FetchArtifact part } => Of(new RS_FetchArtifact(part) { ProveAgain = true }),
        AdminAnswer.Message { Value: RS_CreateApiToken token } => Of(new RS_CreateApiToken(token) { ProveAgain = true }),
        var other => other,
    };

    /// <summary>What is told when something went wrong here, and of a request that cannot be read.</summary>
    public static AdminAnswer Failed(AdminType request, string detail = "") => Named(request.Answer!, s_failures, detail);

    private static AdminAnswer Named(AdminType answer, string[] words, string detail)
    {
        if (!answer.IsResult) return Of(Empty(answer));
        var results = answer.Results;
        foreach (string word in words)
            for (int i = 0; i < results.Count; i++)
                if (results[i].EndsWith(word, StringComparison.Ordinal)) return new AdminAnswer.Result(i, detail.Length > 0 ? Detail(detail) : null);
        // A ping and a logout have no other answer than that it is well.
        return new AdminAnswer.Result(0);
    }

    private static IMessage Empty(AdminType answer) => answer.Name switch
    {
        nameof(RS_CreateEnrolmentToken) => new RS_CreateEnrolmentToken { Code = RS_CreateEnrolmentToken.Types.Code.EnrolmentTokenAccessDenied },
        nameof(RS_CreateApiToken) => new RS_CreateApiToken { Code = RS_CreateApiToken.Types.Code.ApiTokenAccessDenied },
        _ => answer.Message!.Parser.ParseFrom(ByteString.Empty),
    };
}
