using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>The desks behind the administration protocol's door.</summary>
public sealed record AdminDesks(
    ILoginDesk Login, IBannerDesk Banner, IUserDesk Users, IGroupDesk Groups, IRoleDesk Roles, ITokenDesk Tokens, IAuditDesk Audit, IListenerDesk Listeners,
    IAgentDesk Agents, IAgentBuilds Builds);
