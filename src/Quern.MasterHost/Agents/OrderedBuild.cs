using System.Net;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>A build in the queue.</summary>
/// <param name="Who">Who ordered it. After a restart that is a name alone: what it may was decided when the order was taken.</param>
/// <param name="Progress">Told of every step.</param>
internal sealed record OrderedBuild(AgentBuild Build, CheckedOrder Order, Caller Who, Action<AgentProgress> Progress)
{
    public Caller KeyMaker => KeyMakerOf(Who, Order.GroupName);

    /// <summary>Who may build an agent of a group may put the one key into it that it needs, and make no other.</summary>
    public static Caller KeyMakerOf(Caller who, string group) =>
        who with { Principal = who.Principal with { Rights = [$"{Right.AgentApprove}@{group}"], Limit = [Right.All], Duty = SignInDuty.None } };

    public StoredAgentBuild ToStored(string shelf) => new(
        Build.Id, shelf, Order.GroupId, Order.GroupName, Order.Platform.Rid, Order.Packager.Format, Who.Actor, Build.OrderedAt)
    {
        Tags = Order.Tags,
        Addresses = Order.Addresses,
        Slots = Order.Slots,
        Target = Build.Target,
        Standing = Build.ToStanding(),
    };

    /// <summary>Who ordered a build that was kept.</summary>
    public static Caller WhoOrdered(StoredAgentBuild stored) => new(
        new Principal(stored.By.Name, []), IPAddress.TryParse(stored.By.Address, out var from) ? from : IPAddress.None, stored.By.Door);
}
