namespace Quern.Protocols.Perspective;

/// <summary>The last step of every login.</summary>
internal static class LoginStep
{
    /// <summary>Asks for the decision and answers the call with it. Never faults.</summary>
    public static async Task DecideAsync(IncomingCall call, RemoteReference? mind, Func<Task<LoginDecision>> decide)
    {
        LoginDecision decision;
        try
        {
            decision = await decide();
        }
        catch (Exception e)
        {
            // The peer waits for an answer; what went wrong is the server's fault and told as such.
            decision = new LoginDecision.Refused(call.Connection.FaultOf(e));
        }
        switch (decision)
        {
            case LoginDecision.Accepted accepted:
                call.Connection.Admit();
                Answer(call, accepted.Avatar);
                break;
            case LoginDecision.Refused refused:
                // Before the error, as Twisted does: nobody will use the mind.
                if (mind is not null) call.Connection.Release(mind);
                call.Fail(refused.Failure);
                break;
        }
    }

    private static void Answer(IncomingCall call, ILocalObject avatar)
    {
        try
        {
            call.Answer(new JellyValue.Remote(call.Connection.Export(avatar)));
        }
        catch (InvalidOperationException e) when (!call.IsAnswered)
        {
            call.Fail(CopiedFailure.Of("twisted.spread.pb.Error", e.Message));
        }
    }
}
