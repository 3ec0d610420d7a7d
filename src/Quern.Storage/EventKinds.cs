using System.Collections.Immutable;

namespace Quern.Storage;

/// <summary>The words of <see cref="Quern.Model.FarmEvent.Kind"/>; docs/glossary.md says what each carries.</summary>
public static class EventKinds
{
    public const string BatchSubmitted = "batch.submitted";
    public const string JobSubmitted = "job.submitted";
    public const string JobReady = "job.ready";
    public const string JobStarted = "job.started";
    public const string JobFinished = "job.finished";
    public const string StepFinished = "job.step_finished";
    public const string JobLost = "job.lost";
    public const string JobCancelRequested = "job.cancel_requested";
    public const string JobsCleared = "jobs.cleared";
    public const string LogDeleted = "log.deleted";
    public const string RecipeSaved = "recipe.saved";
    public const string RecipeDeleted = "recipe.deleted";
    public const string ArtifactPublished = "artifact.published";
    public const string SourceAdded = "source.added";
    public const string SourceRemoved = "source.removed";
    public const string SourcePinned = "source.pinned";
    public const string WorkerSaved = "worker.saved";
    public const string WorkerRemoved = "worker.removed";

    /// <summary>Followed by <c>connected</c>, <c>disconnected</c> or <c>refused</c>.</summary>
    public const string WorkerPrefix = "worker.";

    /// <summary>Followed by <c>connected</c>, <c>disconnected</c>, <c>refused</c>, <c>failed</c> or <c>reported</c>.</summary>
    public const string ClientPrefix = "client.";

    public const string ListenerSaved = "listener.saved";
    public const string ListenerRemoved = "listener.removed";
    public const string ListenerOpened = "listener.opened";
    public const string ListenerClosed = "listener.closed";

    /// <summary>It is to be open and could not be.</summary>
    public const string ListenerFailed = "listener.failed";

    /// <summary>Somebody asked for a change and was refused.</summary>
    public const string ListenerRefused = "listener.refused";


    /// <summary>A new certificate was read, or refused.</summary>
    public const string ListenerCertificate = "listener.certificate";

    /// <summary>Closed before, it has no connections left.</summary>
    public const string ListenerDrained = "listener.drained";
    public const string LockSaved = "lock.saved";
    public const string LockRemoved = "lock.removed";
    public const string LockReleased = "lock.released";
    public const string AccountSaved = "account.saved";
    public const string AccountRemoved = "account.removed";
    public const string AccountSignedIn = "account.signed_in";

    /// <summary>Whoever holds a session proved again that it is them.</summary>
    public const string AccountProved = "account.proved";

    public const string AccountRefused = "account.refused";
    public const string AccountUnlocked = "account.unlocked";
    public const string GroupSaved = "group.saved";
    public const string GroupRemoved = "group.removed";
    public const string RoleSaved = "role.saved";
    public const string ListenerHandedOver = "listener.handed_over";
    public const string RoleRemoved = "role.removed";
    public const string TokenIssued = "token.issued";
    public const string TokenRevoked = "token.revoked";
    public const string BannerSaved = "banner.saved";
    public const string AgentBuilt = "agent.built";
    public const string AgentBuildFailed = "agent.build_failed";
    public const string AgentDeployed = "agent.deployed";
    public const string AgentDeployFailed = "agent.deploy_failed";
    public const string AgentFetched = "agent.fetched";
    public const string EnrolmentKeyIssued = "enrolment_key.issued";
    public const string EnrolmentKeyRevoked = "enrolment_key.revoked";

    /// <summary>What all kinds about one agent begin with; their subject is its UUID.</summary>
    public const string AgentPrefix = "agent.";

    public const string AgentEnrolled = "agent.enrolled";

    /// <summary>A machine was turned away. The subject is the key's id or the agent's UUID, as far as it is known.</summary>
    public const string AgentRefused = "agent.refused";

    public const string AgentApproved = "agent.approved";
    public const string AgentRejected = "agent.rejected";
    public const string AgentRevoked = "agent.revoked";
    public const string AgentForgotten = "agent.forgotten";
    public const string AgentMoved = "agent.moved";
    public const string AgentRenamed = "agent.renamed";
    public const string AgentDrained = "agent.drained";
    public const string AgentResumed = "agent.resumed";
    public const string AgentRenewalAsked = "agent.renewal_asked";
    public const string AgentCertified = "agent.certified";
    public const string AgentRenewed = "agent.renewed";

    /// <summary>It said something new of its machine.</summary>
    public const string AgentReported = "agent.reported";

    public const string AgentUpgraded = "agent.upgraded";
    public const string AgentUpgradeFailed = "agent.upgrade_failed";
    public const string EstateRefused = "estate.refused";

    /// <summary>What tells of people: names, e-mail, addresses. For those alone who may read the audit.</summary>
    private static readonly ImmutableArray<string> OfPeople = ["account.", "estate.", "group.", "role.", "session.", "token."];

    /// <summary>What people, and those who tried, did to the estate.</summary>
    internal static readonly ImmutableArray<string> OfEstate =
        [.. OfPeople, "agent.", "banner.", "listener.", WorkerSaved, WorkerRemoved, WorkerPrefix + "refused", ClientPrefix + "refused"];

    /// <summary>Whether only those see such an event who may read the audit.</summary>
    public static bool IsOfPeople(string kind)
    {
        foreach (string prefix in OfPeople)
            if (kind.StartsWith(prefix, StringComparison.Ordinal)) return true;
        return false;
    }
}
