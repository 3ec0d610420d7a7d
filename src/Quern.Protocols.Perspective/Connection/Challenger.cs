namespace Quern.Protocols.Perspective;

/// <summary>Takes the response to one challenge, once.</summary>
internal sealed class Challenger(ILoginRealm realm, string userName, byte[] challenge) : ILocalObject
{
    private bool _used;   // the reader's alone

    public ValueTask CallAsync(IncomingCall call)
    {
        if (call.Method != LoginWords.Respond)
        {
            call.Fail(CopiedFailure.NoSuchMethod(call.Method));
            return ValueTask.CompletedTask;
        }
        if (_used)
        {
            call.Fail(CopiedFailure.UnauthorizedLogin());
            return ValueTask.CompletedTask;
        }
        _used = true;
        // A challenge is good for one try, whatever comes of it.
        call.Connection.Withdraw(this);
        if (call.Arguments is not [JellyValue.Bytes response, JellyValue.Remote remote] || call.Connection.Take(remote) is not { } mind)
        {
            call.Fail(CopiedFailure.Of("builtins.TypeError", "respond takes a response and a mind"));
            return ValueTask.CompletedTask;
        }
        var attempt = new LoginAttempt(call.Connection, userName, mind, challenge, response.Value.ToArray());
        _ = LoginStep.DecideAsync(call, mind, () => realm.LoginAsync(attempt));
        return ValueTask.CompletedTask;
    }
}
