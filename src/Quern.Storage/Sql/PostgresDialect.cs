using Npgsql;

namespace Quern.Storage;

/// <summary>PostgreSQL: any number of processes; journal numbers are drawn under a lock held until the commit.</summary>
internal sealed class PostgresDialect : StoreDialect
{
    /// <summary>The channel on which commits with journal events are announced.</summary>
    public const string Channel = "quern_journal";

    // Advisory lock keys; the numbers only have to differ from other programs' in the same database.
    private const string Lock = "SELECT pg_advisory_xact_lock(7125381702551)";
    private const string MigrationLock = "SELECT pg_advisory_xact_lock(7125381702552)";

    // The numbers of one INSERT … SELECT … ORDER BY are drawn in that order.
    private const string Insert = $"""
        {Lock};
        INSERT INTO journal (time, kind, subject, actor, data)
        SELECT @time, e.kind, e.subject, e.actor, e.data
        FROM unnest(@kinds, @subjects, @actors, @data) WITH ORDINALITY AS e(kind, subject, actor, data, position)
        ORDER BY e.position
        RETURNING sequence;
        NOTIFY {Channel}
        """;

    private readonly NpgsqlDataSource _source;

    public PostgresDialect(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (settings.MaxAutoPrepare == 0)
        {
            settings.MaxAutoPrepare = 128;
            settings.AutoPrepareMinUsages = 2;
        }
        // Seconds; without it a listening connection over a dead path would never notice.
        if (settings.KeepAlive == 0) settings.KeepAlive = 30;
        settings.ApplicationName ??= "quern";
        _source = NpgsqlDataSource.Create(settings);
    }

    public override string Name => "postgres";

    public override string Begin => "BEGIN";

    public override string ForUpdate => " FOR UPDATE";

    public override string ForShare => " FOR SHARE";

    public override async Task<Session> OpenWriterAsync(CancellationToken cancellationToken) =>
        new(await _source.OpenConnectionAsync(cancellationToken), prepare: false);

    public async Task<NpgsqlConnection> OpenListenerAsync(CancellationToken cancellationToken) =>
        await _source.OpenConnectionAsync(cancellationToken);

    public override async ValueTask<Session> RentReaderAsync(CancellationToken cancellationToken) =>
        new(await _source.OpenConnectionAsync(cancellationToken), prepare: false);

    // The data source keeps the connection and its prepared statements.
    public override ValueTask ReturnReaderAsync(Session session) => session.DisposeAsync();

    public override Task LockForMigrationAsync(Session session) => session.ExecuteAsync(MigrationLock);

    public override async Task<long[]> AppendJournalAsync(Session session, IReadOnlyList<NewEvent> events, long time)
    {
        var numbers = new long[events.Count];
        int count = 0;
        await using var reader = await session.QueryAsync(Insert,
            ("time", time),
            ("kinds", events.Select(e => e.Kind).ToArray()),
            ("subjects", events.Select(e => e.Subject).ToArray()),
            ("actors", events.Select(e => e.Actor).ToArray()),
            ("data", events.Select(e => e.Data).ToArray()));
        await reader.NextResultAsync();   // past the lock's empty answer
        while (await reader.ReadAsync())
            numbers[count++] = reader.GetInt64(0);
        return numbers;
    }

    public override bool IsRetryable(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    public override bool IsDuplicate(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public override ValueTask DisposeAsync() => _source.DisposeAsync();
}
