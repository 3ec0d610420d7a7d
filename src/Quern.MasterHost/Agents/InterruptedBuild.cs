using Quern.Agents;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>What becomes of a build that was ordered before the master ended. Pure.</summary>
internal abstract record InterruptedBuild
{
    /// <summary>One that ends the master each time it is built must not do so for ever.</summary>
    public const int MaxAttempts = 3;

    private InterruptedBuild() { }

    /// <summary>It had ended, and is as it was.</summary>
    public sealed record Kept : InterruptedBuild;

    /// <summary>It is built, from the beginning.</summary>
    public sealed record Again(CheckedOrder Order) : InterruptedBuild;

    /// <summary>It has failed.</summary>
    /// <param name="KeyStays">Whether the agent may be on its machine, which then joins with the key inside.</param>
    public sealed record Lost(string Why, bool KeyStays = false) : InterruptedBuild;

    /// <param name="build">As it was kept.</param>
    /// <param name="hasFile">Whether the file that it should have is there.</param>
    /// <param name="group">The group's name now; null when there is none of its id any more.</param>
    public static InterruptedBuild Of(AgentBuild build, StoredAgentBuild stored, bool hasFile, string? group)
    {
        if (build.HasEnded)
            return build.Artifact is null || hasFile ? new Kept() : new Lost("Its file is not in the farm's data folder any more. Build it again.");
        if (build.Target.Length > 0) return OfDeployment(build.Step, build.Target);
        if (build.Attempts >= MaxAttempts) return new Lost($"The farm's master ended {build.Attempts} times while this was built, so it is not tried again. The farm's log may say why.");
        if (group is null) return new Lost($"The group '{build.GroupName}' was removed before it was built.");
        if (AgentPlatform.Find(build.Platform) is not { } platform || AgentPackagers.Find(build.Format) is not { } packager || packager.Refuses(platform) is not null)
            return new Lost($"The farm's program was exchanged before it was built, and this one makes no {build.Format} for {build.Platform}.");
        return new Again(new CheckedOrder(build.GroupId, group, platform, packager, Deploy: null) { Tags = stored.Tags, Slots = stored.Slots, Addresses = stored.Addresses });
    }

    /// <summary>Its password or key was in the memory of the master alone, so that nobody can go on with it.</summary>
    private static Lost OfDeployment(AgentBuildStep step, string target) => step switch
    {
        AgentBuildStep.Queued or AgentBuildStep.Generate or AgentBuildStep.Package =>
            new($"{target}: the farm's master ended before it was brought there, and the password or key for it was kept nowhere. Nothing was sent. Order it again."),
        AgentBuildStep.Connect or AgentBuildStep.Probe =>
            new($"{target}, connecting: the farm's master ended meanwhile. Nothing was sent. Order it again."),
        AgentBuildStep.Upload =>
            new($"{target}, sending: the farm's master ended meanwhile. Nothing was installed, and the machine removes what came of the file. Order it again."),
        _ => new(
            $"{target}, installing: the farm's master ended meanwhile, and did not see how it went on: the machine finishes what it has begun. If the agent does not join (quern agent list), look there with 'systemctl status quern-agent', and order it again.",
            KeyStays: true),
    };
}
