using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Quern.Storage;

/// <summary>SQLite: one file in WAL mode, one writing process, commits synced to disk.</summary>
internal sealed class SqliteDialect(string path) : StoreDialect
{
    private const int ErrorConstraintPrimaryKey = 1555;
    private const int ErrorConstraintUnique = 2067;

    private const string Insert = """
        INSERT INTO journal (time, kind, subject, actor, data) VALUES (@time, @kind, @subject, @actor, @data) RETURNING sequence
        """;

    // More idle readers than this are closed when they come back.
    private const int MaxIdleReaders = 8;

    private readonly ConcurrentQueue<Session> _idle = new();

    public override string Name => "sqlite";

    public override string Begin => "BEGIN IMMEDIATE";

    public override string ForUpdate => "";

    public override string ForShare => "";

    public override async Task<Session> OpenWriterAsync(CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        // FULL: a commit is on the disk before it is answered. Larger WAL than the default 1000 pages: fewer checkpoints.
        return await OpenAsync(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-65536;",
            cancellationToken);
    }

    public override async ValueTask<Session> RentReaderAsync(CancellationToken cancellationToken) =>
        _idle.TryDequeue(out var session)
            ? session
            : await OpenAsync("PRAGMA query_only=ON; PRAGMA cache_size=-16384;", cancellationToken);

    public override async ValueTask ReturnReaderAsync(Session session)
    {
        if (_idle.Count < MaxIdleReaders) _idle.Enqueue(session);
        else await session.DisposeAsync();
    }

    // BEGIN IMMEDIATE is the lock.
    public override Task LockForMigrationAsync(Session session) => Task.CompletedTask;

    public override async Task<long[]> AppendJournalAsync(Session session, IReadOnlyList<NewEvent> events, long time)
    {
        var numbers = new long[events.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            var e = events[i];
            numbers[i] = await session.ScalarAsync<long>(Insert,
                ("time", time), ("kind", e.Kind), ("subject", e.Subject), ("actor", e.Actor), ("data", e.Data));
        }
        return numbers;
    }

    public override bool IsRetryable(Exception exception) => false;

    public override bool IsDuplicate(Exception exception) =>
        exception is SqliteException { SqliteExtendedErrorCode: ErrorConstraintPrimaryKey or ErrorConstraintUnique };

    public override async ValueTask DisposeAsync()
    {
        while (_idle.TryDequeue(out var session))
            await session.DisposeAsync();
    }

    private async Task<Session> OpenAsync(string pragmas, CancellationToken cancellationToken)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 };
        var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            using var command = connection.CreateCommand();
            command.CommandText = pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken);
            return new Session(connection, prepare: true);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
