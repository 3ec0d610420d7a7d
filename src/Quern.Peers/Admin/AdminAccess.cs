namespace Quern.Peers.Admin;

/// <summary>Who may send a request.</summary>
internal enum AdminAccess
{
    /// <summary>Anybody who opened a session.</summary>
    Everybody,

    /// <summary>Clients that logged in; what it does for whom, the desk decides: the own things without a right, those of others with it.</summary>
    Account,

    /// <summary>Clients with the right, everywhere or in a group; in which one counts, the desk decides.</summary>
    Right,

    /// <summary>Nobody: the server asks it, or it is not offered.</summary>
    Nobody,
}
