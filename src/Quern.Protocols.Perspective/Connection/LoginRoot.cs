using System.Text;

namespace Quern.Protocols.Perspective;

/// <summary>A server's <c>root</c>: gives out challenges.</summary>
internal sealed class LoginRoot(ILoginRealm realm, Action<Span<byte>> fillChallenge) : ILocalObject
{
    private const int MaxUserNameBytes = 1024;

    public ValueTask CallAsync(IncomingCall call)
    {
        switch (call.Method)
        {
            case LoginWords.Login when call.Arguments is [var name] && name.TryGetText(out string? user) && Encoding.UTF8.GetByteCount(user) <= MaxUserNameBytes:
                byte[] challenge = new byte[PerspectiveLogin.ChallengeBytes];
                fillChallenge(challenge);
                long id = call.Connection.ExportChallenger(new Challenger(realm, user, challenge));
                call.Answer(new JellyValue.Tuple([new JellyValue.Bytes(challenge), new JellyValue.Remote(id)]));
                break;
            case LoginWords.Login:
                call.Fail(CopiedFailure.Of("builtins.TypeError", "login takes one argument, a user name"));
                break;
            case LoginWords.LoginAnonymous when call.Arguments is [var mind] && mind is JellyValue.Remote or JellyValue.None:
                var taken = mind is JellyValue.Remote remote ? call.Connection.Take(remote) : null;
                _ = LoginStep.DecideAsync(call, taken, () => realm.LoginAnonymouslyAsync(call.Connection, taken));
                break;
            case LoginWords.LoginAnonymous:
                call.Fail(CopiedFailure.Of("builtins.TypeError", "loginAnonymous takes one argument, a mind"));
                break;
            default:
                call.Fail(CopiedFailure.NoSuchMethod(call.Method));
                break;
        }
        return ValueTask.CompletedTask;
    }
}
