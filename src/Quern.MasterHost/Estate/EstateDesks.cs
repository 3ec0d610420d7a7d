using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;

namespace Quern.MasterHost.Estate;

/// <summary>The desks for people: each door asks the same ones.</summary>
internal sealed record EstateDesks(UserDesk Users, GroupDesk Groups, RoleDesk Roles, TokenDesk Tokens, AuditDesk Audit)
{
    public static EstateDesks Of(AccountRoom room, Doorkeeper door, TokenBook tokens, RefusalBook refusals, AccountSettings settings, TimeProvider time) => new(
        new UserDesk(room, door, tokens, refusals, time),
        new GroupDesk(room.Store, tokens, refusals, agents: _ => 0),
        new RoleDesk(room.Store, tokens, refusals),
        new TokenDesk(room.Store, tokens, settings, refusals, time),
        new AuditDesk(room.Store, refusals));
}
