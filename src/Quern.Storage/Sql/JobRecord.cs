using Quern.Model;

namespace Quern.Storage;

/// <summary>A row of <c>jobs</c> as the mapper fills it.</summary>
internal sealed class JobRecord
{
    public const string Columns = """
        number AS Number, id AS Id, title AS Title, package AS Package, revision AS Revision, environment AS Environment,
        architecture AS Architecture, pool AS Pool, builder AS Builder, priority AS Priority, state AS State, reason AS Reason,
        attempt AS Attempt, lost AS Lost, needs_left AS NeedsLeft, cancel_requested AS CancelRequested, worker AS Worker,
        place AS Place, node AS Node, batch AS Batch, requester AS Requester, created_at AS CreatedAt, ready_at AS ReadyAt,
        started_at AS StartedAt, finished_at AS FinishedAt, log_lines AS LogLines, log_bytes AS LogBytes,
        artifact_sha256 AS Sha256, artifact_bytes AS ArtifactBytes, exit_code AS ExitCode, failed_step AS FailedStep,
        log_deleted_at AS LogDeletedAt, warnings AS Warnings, locks AS Locks
        """;

    public long Number { get; set; }
    public string Id { get; set; } = "";
    public string Title { get; set; } = "";
    public string Package { get; set; } = "";
    public long? Revision { get; set; }
    public string Environment { get; set; } = "";
    public string Architecture { get; set; } = "";
    public string Pool { get; set; } = "";
    public string Builder { get; set; } = "";
    public long Priority { get; set; }
    public string State { get; set; } = "";
    public string Reason { get; set; } = "";
    public long Attempt { get; set; }
    public long Lost { get; set; }
    public long NeedsLeft { get; set; }
    public long CancelRequested { get; set; }
    public string Worker { get; set; } = "";
    public string Place { get; set; } = "";
    public string Node { get; set; } = "";
    public string? Batch { get; set; }
    public string Requester { get; set; } = "";
    public long CreatedAt { get; set; }
    public long? ReadyAt { get; set; }
    public long? StartedAt { get; set; }
    public long? FinishedAt { get; set; }
    public long LogLines { get; set; }
    public long LogBytes { get; set; }
    public string? Sha256 { get; set; }
    public long? ArtifactBytes { get; set; }
    public long? ExitCode { get; set; }
    public string FailedStep { get; set; } = "";
    public long? LogDeletedAt { get; set; }
    public long Warnings { get; set; }
    public string Locks { get; set; } = "";

    public JobRow ToRow()
    {
        if (!JobId.TryParse(Id, out var id) || !JobStates.TryParse(State, out var state))
            throw new InvalidDataException($"Job {Number} in the database has the id '{Id}' and the state '{State}'.");
        return new JobRow
        {
            Id = id,
            Number = Number,
            Title = Title,
            Package = Package.Length == 0 ? null : new PackageName(Package),
            RecipeRevision = (int?)Revision,
            Environment = EnvironmentWords.Parse(Environment),
            Architecture = Architecture,
            Pool = Pool,
            Builder = Builder,
            Priority = (int)Priority,
            Locks = Locks.Length == 0 ? [] : [.. Locks.Split(',')],
            State = state,
            Reason = state == JobState.Blocked && Reason.Length == 0 ? Waiting() : Reason,
            Attempt = (int)Attempt,
            Lost = (int)Lost,
            Worker = Worker.Length == 0 ? null : new WorkerName(Worker),
            Place = Place,
            Node = Node,
            Batch = BatchId.TryParse(Batch, out var batch) ? batch : null,
            Requester = new Actor(Requester),
            CreatedAt = UnixMicroseconds.ToTime(CreatedAt),
            ReadyAt = UnixMicroseconds.ToTime(ReadyAt),
            StartedAt = UnixMicroseconds.ToTime(StartedAt),
            FinishedAt = UnixMicroseconds.ToTime(FinishedAt),
            Log = new JobLogFacts(LogLines, LogBytes),
            Artifact = Sha256Hash.TryParse(Sha256, out var hash) ? new ProducedArtifact(hash, ArtifactBytes ?? 0) : null,
            ExitCode = (int?)ExitCode,
            FailedStep = FailedStep,
            CancelRequested = CancelRequested != 0,
            Warnings = Warnings != 0,
            LogDeletedAt = UnixMicroseconds.ToTime(LogDeletedAt),
        };
    }

    private string Waiting() => NeedsLeft == 1 ? "waits for 1 job" : $"waits for {NeedsLeft} jobs";
}
