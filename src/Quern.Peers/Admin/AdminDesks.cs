using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>The desks behind the administration protocol's door. What a farm has no desk for fails, as its answer says.</summary>
public sealed record AdminDesks(ILoginDesk Login, IBannerDesk Banner)
{
    public IUserDesk? Users { get; init; }

    public IGroupDesk? Groups { get; init; }

    public IRoleDesk? Roles { get; init; }

    public ITokenDesk? Tokens { get; init; }

    public IAuditDesk? Audit { get; init; }

    public IListenerDesk? Listeners { get; init; }

    public IAgentDesk? Agents { get; init; }

    public IAgentBuilds? Builds { get; init; }
}
