using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Estate;

/// <summary>The desks for people: each door asks the same ones.</summary>
internal sealed record EstateDesks(UserDesk Users, GroupDesk Groups, RoleDesk Roles, TokenDesk Tokens, AuditDesk Audit)
{
    /// <param name="agents">How many agents a group has, by its id.</param>
    public static EstateDesks Of(
        AccountRoom room, Doorkeeper door, TokenBook tokens, RefusalBook refusals, AccountSettings settings, Func<string, int> agents, TimeProvider time) =>
        new(new UserDesk(room, door, tokens, refusals, time), new GroupDesk(room.Store, tokens, refusals, agents), new RoleDesk(room.Store, tokens, refusals),
            new TokenDesk(room.Store, tokens, settings, refusals, time), new AuditDesk(room.Store, refusals));
}

internal static class EstateServices
{
    public static IServiceCollection AddEstate(this IServiceCollection services, EstateDesks desks) => services
        .AddSingleton<IUserDesk>(desks.Users)
        .AddSingleton<IGroupDesk>(desks.Groups)
        .AddSingleton(desks.Groups)
        .AddSingleton<IRoleDesk>(desks.Roles)
        .AddSingleton<ITokenDesk>(desks.Tokens)
        .AddSingleton<IAuditDesk>(desks.Audit);
}
