namespace Quern.Storage;

/// <summary>The words of <see cref="Quern.Model.FarmEvent.Kind"/>; docs/glossary.md says what each carries.</summary>
public static class EventKinds
{
    public const string BatchSubmitted = "batch.submitted";
    public const string JobSubmitted = "job.submitted";
    public const string JobReady = "job.ready";
    public const string JobStarted = "job.started";
    public const string JobFinished = "job.finished";
    public const string JobLost = "job.lost";
    public const string JobCancelRequested = "job.cancel_requested";
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

    public const string ListenerSaved = "listener.saved";
    public const string ListenerRemoved = "listener.removed";
    public const string ListenerOpened = "listener.opened";
    public const string ListenerClosed = "listener.closed";
    public const string TokenIssued = "token.issued";
    public const string TokenRevoked = "token.revoked";
}
