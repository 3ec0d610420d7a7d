using System.Security.Cryptography;
using Quern.Agents;
using Quern.MasterHost.Agents.Deployment;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>Makes one agent after the other: key and configuration, then the package, then the way to its machine.</summary>
internal sealed class AgentBuilder(
    AgentPayloads payloads, AgentShelf shelf, IFarmDoors doors, IEnrolmentKeys desk, SshDeployer deployer, FarmStore store, TimeProvider time)
{
    private static readonly Version Release = typeof(AgentBuilder).Assembly.GetName().Version ?? new Version(0, 0, 0);

    /// <summary>Runs to the end; what goes wrong is in the build that comes back.</summary>
    /// <param name="tell">Given the build at every step but the last.</param>
    public async Task<AgentBuild> BuildAsync(OrderedBuild ordered, Action<AgentBuild> tell, CancellationToken stopping)
    {
        var (build, order) = (ordered.Build, ordered.Order);
        AgentBuild At(AgentBuildStep step, int percent, string message)
        {
            build = build with { Step = step, Percent = percent, Message = message };
            tell(build);
            return build;
        }

        At(AgentBuildStep.Generate, 5, "making its key and its configuration");
        if (payloads.Find(order.Platform) is not { } payload) return await FailAsync(ordered, build, payloads.Missing(order.Platform));
        if (order.Packager.NeedsBase && payload.Base is null)
            return await FailAsync(ordered, build, $"An image of {order.Platform} needs a root to stand on. Put one as base.tar or base.tar.gz beside {payload.Path}; docs/operations/agents.md says how to make it.");
        var (program, broken) = await AgentPayloads.ReadAsync(payload, stopping);
        if (program is null) return await FailAsync(ordered, build, broken);
        var (addresses, nowhere) = AgentAddresses.Choose(order.Addresses, await doors.FindAsync(stopping));
        if (addresses is null) return await FailAsync(ordered, build, nowhere);
        var keyMaker = MayMakeKey(ordered.Who, order.GroupName);
        var key = await desk.CreateKeyAsync(keyMaker, new NewEnrolmentKey(order.GroupId, MaxUses: 1, Note: $"agent build {build.Id}") { Tags = order.Tags, Slots = order.Slots }, stopping);
        if (!key.Answer.Succeeded) return await FailAsync(ordered, build, $"No key could be made for it: {key.Answer.Detail}");

        At(AgentBuildStep.Package, 20, $"packing {order.Packager.Format} for {order.Platform}");
        var bundle = new AgentBundle(order.Platform, Release, time.GetUtcNow())
        {
            Program = program,
            Configuration = AgentConfiguration.For(order, addresses, key.Secret, key.ExpiresAt).ToBytes(),
            Base = payload.BaseLayer,
        };
        try
        {
            build = build with { Artifact = await PackAsync(order.Packager, bundle, build.Id, key.Answer.Id, stopping) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await desk.RevokeKeyAsync(keyMaker, key.Answer.Id, CancellationToken.None);
            return await FailAsync(ordered, build, $"It could not be packed: {e.Message}");
        }
        await JournalAsync(EventKinds.AgentBuilt, ordered, ("build", build.Id), ("key", key.Answer.Id), ("sha256", build.Artifact!.Sha256));
        if (order.Deploy is null) return build with { Step = AgentBuildStep.Done, Percent = 100, Message = build.Artifact.Name };

        var agent = new DeployedAgent(order.Platform, order.Packager.Format, shelf.PathOf(build.Id), build.Artifact.Bytes, build.Artifact.Sha256);
        var outcome = await deployer.DeployAsync(order.Deploy, agent, (step, percent, what) => At(step, 40 + (percent * 55 / 100), what), stopping);
        await JournalAsync(outcome.Succeeded ? EventKinds.AgentDeployed : EventKinds.AgentDeployFailed, ordered, ("build", build.Id), ("reason", outcome.Message));
        if (outcome.Succeeded) return build with { Step = AgentBuildStep.Done, Percent = 100, Message = outcome.Message };
        // An agent that is on the machine may still be brought to run there; one that is not leaves no key behind.
        if (!outcome.Installed) await desk.RevokeKeyAsync(keyMaker, key.Answer.Id, CancellationToken.None);
        return build with { Step = AgentBuildStep.Error, Message = outcome.Message, Artifact = null };
    }

    private async Task<BuiltArtifact> PackAsync(IAgentPackager packager, AgentBundle bundle, string id, string keyId, CancellationToken stopping)
    {
        await using var file = shelf.Create(id);
        await Task.Run(() => packager.Write(bundle, file), stopping);
        file.Flush(flushToDisk: true);
        file.Position = 0;
        byte[] hash = await SHA256.HashDataAsync(file, stopping);
        return new BuiltArtifact(packager.FileNameOf(bundle), file.Length, Convert.ToHexStringLower(hash), keyId);
    }

    /// <summary>Who may build an agent of a group may put the one key into it that it needs, and make no other.</summary>
    private static Caller MayMakeKey(Caller who, string group) =>
        who with { Principal = who.Principal with { Rights = [$"{Right.AgentApprove}@{group}"], Limit = [Right.All], Duty = SignInDuty.None } };

    private async Task<AgentBuild> FailAsync(OrderedBuild ordered, AgentBuild build, string why)
    {
        await JournalAsync(EventKinds.AgentBuildFailed, ordered, ("build", build.Id), ("reason", why));
        return build with { Step = AgentBuildStep.Error, Message = why, Artifact = null };
    }

    private Task JournalAsync(string kind, OrderedBuild ordered, params (string Name, string Value)[] facts) =>
        store.SaveAgentBuildEventAsync(kind, ordered.Order.GroupName, ordered.Who.Actor, CancellationToken.None,
        [
            .. facts, ("platform", ordered.Order.Platform.Rid), ("format", ordered.Order.Packager.Format), ("target", ordered.Build.Target),
        ]);
}
