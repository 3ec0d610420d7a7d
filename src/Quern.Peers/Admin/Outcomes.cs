using Quern.Admin.V1;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>Answers for peers of before 2021-11-14, which know no results. Administration protocol, "Results".</summary>
internal static class Outcomes
{
    /// <summary>Null when such a peer expects none: a logout is answered by the end of the connection.</summary>
    public static AdminMessage? Of(AdminMessage request, AdminAnswer answer) => (request.Type!.Name, answer) switch
    {
        (nameof(RQ_Login), AdminAnswer.Result result) => AdminMessage.Of(Login((RS_Login)result.Code), request.Id, NameSet.Outcomes),
        (nameof(RQ_Ping), AdminAnswer.Result) => AdminMessage.Of(request.Type.Answer!, 0, request.Id, NameSet.Outcomes),
        (_, AdminAnswer.Message message) => AdminMessage.Of(message.Value, request.Id, NameSet.Outcomes),
        _ => null,
    };

    private static Outcome Login(RS_Login result) => result switch
    {
        RS_Login.LoginOk => new Outcome { Result = true },
        RS_Login.LoginInvalidUsername => new Outcome { Error = Outcome.Types.ErrorCode.InvalidUsername },
        _ => new Outcome { Error = Outcome.Types.ErrorCode.AccessDenied },
    };
}
