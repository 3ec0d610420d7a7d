using System.Collections.Immutable;
using Quern.Agents;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>Offers each agent the program of its own platform, from the folder that agents are made of.</summary>
internal sealed class PayloadOffers(AgentPayloads payloads, BlobStore blobs)
{
    /// <summary>One for each agent, in their order. An agent for whose platform there is no program gets none, and is told why.</summary>
    public async Task<ImmutableArray<AgentOffer>> ForAsync(ImmutableArray<StoredAgent> agents, CancellationToken cancellationToken)
    {
        var programs = new Dictionary<string, (Sha256Hash Program, string Problem)>(StringComparer.Ordinal);
        foreach (string platform in agents.Select(a => a.Platform).Distinct()) programs[platform] = await TakeAsync(platform, cancellationToken);
        return [.. agents.Select(a => new AgentOffer(a, programs[a.Platform].Program, programs[a.Platform].Problem))];
    }

    private async Task<(Sha256Hash Program, string Problem)> TakeAsync(string rid, CancellationToken cancellationToken)
    {
        if (rid.Length == 0) return (default, "it was never connected, so that nobody knows for which platform its program must be");
        if (AgentPlatform.Find(rid) is not { } platform) return (default, $"it runs on {rid}, for which no agents are made");
        if (payloads.Find(platform) is not { } payload) return (default, payloads.Missing(platform));
        var (program, problem) = await AgentPayloads.ReadAsync(payload, cancellationToken);
        if (program is null) return (default, problem);
        // The bytes that were looked at, whatever becomes of the file while agents get them.
        await using var writer = blobs.Create(program.Length);
        await writer.WriteAsync(program, cancellationToken);
        return ((await writer.CommitAsync(cancellationToken)).Sha256, "");
    }
}
