using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>
/// The life of a connection as pure functions: state and input in, state and verdict out; the time is an input, counted from the beginning
/// of the connection. A closed one stays as it is. Administration protocol, "Connection states".
/// </summary>
/// <remarks>
/// <code>
/// NEW --RQ_Session--> SESSION --login--> ACTIVE
///                        |                 ^
///                        +--login--> RESTRICTED (something must be done first)
/// all --> CLOSED
/// </code>
/// </remarks>
internal static class AdminTransitions
{
    public static AdminState Begin(TimeSpan now) => new AdminState.New { Pace = new AdminPace(now, now, 0, new(now, 0), new(now, 0)) };

    public static AdminState Close(AdminState state, string reason) =>
        state is AdminState.Closed ? state : new AdminState.Closed(reason) { Pace = state.Pace };

    /// <summary>Bytes came that are no whole message yet, enough of them to be a sign of life.</summary>
    public static AdminState Heard(AdminState state, TimeSpan now) => state with { Pace = state.Pace with { Heard = now } };

    /// <summary>A whole message came.</summary>
    /// <param name="type">What it is; null for one that nobody knows.</param>
    public static AdminStep Received(AdminState state, AdminType? type, TimeSpan now, AdminOptions options)
    {
        state = state with { Pace = state.Pace with { Heard = now, Messages = state.Pace.Messages.OneMore(now) } };
        if (state is AdminState.Closed) return new(state);
        if (state is AdminState.Session && state.Pace.Messages.Count > options.StrangersMessages)
            return new(Close(state, $"it sent over {options.StrangersMessages} messages a minute without having logged in"));
        // Unknown numbers cannot be answered: what answers them is unknown too. Neither can what has no answer.
        if (type is null || (type.IsRequest && type.Answer is null))
        {
            state = state with { Pace = state.Pace with { Unknown = state.Pace.Unknown + 1 } };
            return new(state.Pace.Unknown >= options.MaxUnknown ? Close(state, $"it sent {options.MaxUnknown} messages that nobody knows") : state);
        }
        // Answers are for whoever asked; a stranger was asked nothing.
        if (!type.IsRequest) return new(state, state is AdminState.Active or AdminState.Restricted ? AdminVerdict.Take : AdminVerdict.Nothing);
        return new(state, AdminRules.IsTaken(state, type) ? AdminVerdict.Take : AdminVerdict.Deny);
    }

    /// <summary>Whether one more banner may have its image.</summary>
    public static (AdminState State, bool WithImage) Banner(AdminState state, TimeSpan now, AdminOptions options)
    {
        var banners = state.Pace.Banners.OneMore(now);
        return (state with { Pace = state.Pace with { Banners = banners } }, banners.Count <= options.Banners);
    }

    /// <summary>The peer said what it is.</summary>
    public static AdminState Opened(AdminState state, TimeSpan now) =>
        state is AdminState.New ? new AdminState.Session(now, 0) { Pace = state.Pace with { Messages = new(now, 0) } } : state;

    /// <summary>A login was refused.</summary>
    public static AdminState Failed(AdminState state, AdminOptions options) => state switch
    {
        AdminState.Session s when s.Failures + 1 >= options.MaxFailures => Close(state, $"{options.MaxFailures} logins were refused"),
        AdminState.Session s => s with { Failures = s.Failures + 1 },
        _ => state,
    };

    /// <summary>A login was taken, or what had to be done first is done. A connection that is one thing does not become another.</summary>
    public static AdminState Admitted(AdminState state, AdminSide side, bool restricted) => state switch
    {
        AdminState.Session when restricted => new AdminState.Restricted { Pace = state.Pace },
        AdminState.Session or AdminState.Restricted when !restricted => new AdminState.Active(side) { Pace = state.Pace },
        _ => state,
    };

    /// <summary>Time has passed.</summary>
    public static AdminStep Tick(AdminState state, TimeSpan now, AdminOptions options)
    {
        switch (state)
        {
            case AdminState.New when now >= options.SessionDeadline:
                return new(Close(state, $"it did not say what it is within {options.SessionDeadline.TotalSeconds:0} s"));
            case AdminState.Session s when now - s.Since >= options.LoginDeadline:
                return new(Close(state, $"it did not log in within {options.LoginDeadline.TotalSeconds:0} s"));
            case AdminState.Active or AdminState.Restricted when now - state.Pace.Heard >= options.Silence:
                return new(Close(state, $"it said nothing for {options.Silence.TotalSeconds:0} s"));
            case AdminState.Active or AdminState.Restricted when now - state.Pace.Asked >= options.PingInterval:
                return new(state with { Pace = state.Pace with { Asked = now } }, AdminVerdict.Ask);
            default:
                return new(state);
        }
    }
}
