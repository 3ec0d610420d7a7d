using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Estate;

/// <summary>The desks for people: each door asks the same ones.</summary>
internal static class EstateDesks
{
    public static IServiceCollection AddEstate(
        this IServiceCollection services, AccountRoom room, Doorkeeper door, TokenBook tokens, RefusalBook refusals, AccountSettings settings, TimeProvider time)
    {
        var groups = new GroupDesk(room.Store, tokens, refusals, agents: _ => 0);
        return services
            .AddSingleton<IUserDesk>(new UserDesk(room, door, tokens, refusals, time))
            .AddSingleton<IGroupDesk>(groups)
            .AddSingleton(groups)
            .AddSingleton<IRoleDesk>(new RoleDesk(room.Store, tokens, refusals))
            .AddSingleton<ITokenDesk>(new TokenDesk(room.Store, tokens, settings, refusals, time))
            .AddSingleton<IAuditDesk>(new AuditDesk(room.Store, refusals));
    }
}
