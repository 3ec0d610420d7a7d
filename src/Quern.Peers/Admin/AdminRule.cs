using System.Collections.Immutable;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Who may send one kind of request.</summary>
/// <param name="Act">What it changes of the estate; <see cref="EstateActs.None"/> for what changes nothing.</param>
/// <param name="Rights">One of these is needed; for <see cref="AdminAccess.Account"/> it is what others' things take.</param>
internal sealed record AdminRule(AdminAccess Access, EstateAct Act, params ImmutableArray<string> Rights)
{
    /// <summary>Also of somebody who must change a password or set up one-time codes first.</summary>
    public bool WhileRestricted { get; init; }

    /// <summary>It is for an agent: the server brings it there.</summary>
    public bool IsRouted { get; init; }
}
