using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>Where a connection is. Administration protocol, "Connection states".</summary>
internal abstract record AdminState
{
    private AdminState() { }

    public AdminPace Pace { get; init; }

    /// <summary>Bytes of a frame that is taken in this state.</summary>
    public virtual int MaxFrame => AdminLimits.MaxFrame;

    /// <summary>Nothing has come but the connection.</summary>
    public sealed record New : AdminState
    {
        public override int MaxFrame => AdminLimits.MaxSessionFrame;
    }

    /// <summary>The peer said what it is, and is a stranger.</summary>
    /// <param name="Since">When it did.</param>
    /// <param name="Failures">Logins that were refused.</param>
    public sealed record Session(TimeSpan Since, int Failures) : AdminState
    {
        public override int MaxFrame => AdminLimits.MaxLoginFrame;
    }

    /// <summary>Somebody logged in who must do something first: change the password, or set up one-time codes.</summary>
    public sealed record Restricted : AdminState
    {
        public override int MaxFrame => AdminLimits.MaxLoginFrame;
    }

    public sealed record Active(AdminSide Side) : AdminState;

    public sealed record Closed(string Reason) : AdminState;
}
