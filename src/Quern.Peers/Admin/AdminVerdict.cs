namespace Quern.Peers.Admin;

/// <summary>What is to be done after a transition.</summary>
internal enum AdminVerdict
{
    Nothing,

    /// <summary>Give the message to whoever answers it.</summary>
    Take,

    /// <summary>Answer that the peer may not.</summary>
    Deny,

    /// <summary>Ask the peer whether it lives, and see whether its session still counts.</summary>
    Ask,
}
