using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>The desks behind the administration protocol's door.</summary>
public sealed record AdminDesks(ILoginDesk Login, IBannerDesk Banner)
{
    public required IUserDesk Users { get; init; }

    public required IGroupDesk Groups { get; init; }

    public required IRoleDesk Roles { get; init; }

    public required ITokenDesk Tokens { get; init; }

    public required IAuditDesk Audit { get; init; }

    public required IListenerDesk Listeners { get; init; }

    public required IAgentDesk Agents { get; init; }

    public required IAgentBuilds Builds { get; init; }
}
