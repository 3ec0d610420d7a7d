using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Agents from their key to their end, over TLS.</summary>
public sealed class AgentWayTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_trades_its_key_for_a_certificate_and_works_by_it()
    {
        await using var yard = await AgentYard.StartAsync();

        _ = yard.Run(yard.Configure(await yard.Farm.KeyAsync()));
        var link = await yard.LinkAsync();

        var result = await link.RunAsync(new RemoteCommand.Shell { Command = ["true"] }, "slot-1", new SilentObserver(), Cancellation);
        Assert.Equal(new CommandResult.Ended(0), result);
        var facts = await yard.Farm.FactsAsync("mill");
        Assert.Equal((true, false), (facts.Online, facts.Pending));
    }
}
