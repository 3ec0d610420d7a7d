using System.Collections.Immutable;

namespace Quern.Peers.Admin;

/// <summary>Who may send one kind of request.</summary>
/// <param name="Rights">One of these is needed; for <see cref="AdminAccess.Account"/> it is what others' things take.</param>
internal sealed record AdminRule(AdminAccess Access, params ImmutableArray<string> Rights)
{
    /// <summary>Also of somebody who must change a password or set up one-time codes first.</summary>
    public bool WhileRestricted { get; init; }

    /// <summary>It is for an agent: the server brings it there.</summary>
    public bool IsRouted { get; init; }
}
