using System.Security.Cryptography;
using Quern.Agents;
using Quern.MasterHost.Agents.Deployment;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>Makes one agent after the other: key and configuration, then the package, then the way to its machine.</summary>
internal sealed class AgentBuilder(
    AgentPayloads payloads, AgentShelf shelf, IFarmDoors doors, IEnrolmentKeys desk, SshDeployer deployer, TimeProvider time)
{
    private static readonly Version Release = typeof(AgentBuilder).Assembly.GetName().Version ?? new Version(0, 0, 0);

    /// <summary>Runs to the end; what goes wrong is in the build that comes back.</summary>
    /// <param name="move">Given the build before each step but the last is begun, and what the journal is to say of it.</param>
    public async Task<(AgentBuild Build, AgentBuildNote Note)> BuildAsync(OrderedBuild ordered, Func<AgentBuild, AgentBuildNote?, Task> move, CancellationToken stopping)
    {
        var (build, order) = (ordered.Build with { Attempts = ordered.Build.Attempts + 1 }, ordered.Order);
        Task AtAsync(AgentBuildStep step, int percent, string message, AgentBuildNote? note = null) =>
            move(build = build with { Step = step, Percent = percent, Message = message }, note);
        (AgentBuild, AgentBuildNote) Failed(string why) =>
            (build with { Step = AgentBuildStep.Error, Message = why, Artifact = null }, new AgentBuildNote(EventKinds.AgentBuildFailed, ("reason", why)));

        await AtAsync(AgentBuildStep.Generate, 5, "making its key and its configuration");
        if (payloads.Find(order.Platform) is not { } payload) return Failed(payloads.Missing(order.Platform));
        if (order.Packager.NeedsBase && payload.Base is null)
            return Failed(payloads.MissingBase(order.Platform));
        var (program, broken) = await AgentPayloads.ReadAsync(payload, stopping);
        if (program is null) return Failed(broken);
        var (addresses, nowhere) = AgentAddresses.Choose(order.Addresses, await doors.FindAsync(stopping));
        if (addresses is null) return Failed(nowhere);
        var key = await desk.CreateKeyAsync(ordered.KeyMaker, new NewEnrolmentKey(order.GroupId, MaxUses: 1, Note: $"agent build {build.Id}") { Tags = order.Tags, Slots = order.Slots }, stopping);
        if (!key.Answer.Succeeded) return Failed($"No key could be made for it: {key.Answer.Detail}");
        build = build with { KeyId = key.Answer.Id };

        await AtAsync(AgentBuildStep.Package, 20, $"packing {order.Packager.Format} for {order.Platform}");
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
            await desk.RevokeKeyAsync(ordered.KeyMaker, key.Answer.Id, CancellationToken.None);
            return Failed($"It could not be packed: {e.Message}");
        }
        var built = new AgentBuildNote(EventKinds.AgentBuilt, ("key", key.Answer.Id), ("sha256", build.Artifact!.Sha256));
        if (order.Deploy is null) return (build with { Step = AgentBuildStep.Done, Percent = 100, Message = build.Artifact.Name }, built);

        var agent = new DeployedAgent(order.Platform, order.Packager.Format, shelf.PathOf(build.Id), build.Artifact.Bytes, build.Artifact.Sha256);
        var outcome = await deployer.DeployAsync(order.Deploy, agent, async (step, percent, what) =>
        {
            await AtAsync(step, 40 + (percent * 55 / 100), what, built);
            built = null;
        }, stopping);
        var note = new AgentBuildNote(outcome.Succeeded ? EventKinds.AgentDeployed : EventKinds.AgentDeployFailed, ("reason", outcome.Message));
        if (outcome.Succeeded) return (build with { Step = AgentBuildStep.Done, Percent = 100, Message = outcome.Message }, note);
        // An agent that is on the machine may still be brought to run there; one that is not leaves no key behind.
        if (!outcome.Installed) await desk.RevokeKeyAsync(ordered.KeyMaker, key.Answer.Id, CancellationToken.None);
        return (build with { Step = AgentBuildStep.Error, Message = outcome.Message, Artifact = null }, note);
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
}
