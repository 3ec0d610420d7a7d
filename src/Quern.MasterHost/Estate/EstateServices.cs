using Microsoft.Extensions.DependencyInjection;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Estate;

/// <summary>Offers them to the HTTP API.</summary>
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
