using System.Collections.Immutable;
using System.Data.Common;

namespace Quern.Storage;

/// <summary>
/// The farm's truth in SQL: jobs, recipes, artifacts, sources, workers, listeners, accounts, tokens and the journal of every change.
/// Each operation is one transaction; an answer given is an answer kept. Safe for any number of callers at once; reads do
/// not wait for writes. One object per process and database.
/// </summary>
public sealed partial class FarmStore : IAsyncDisposable
{
    private readonly StoreDialect _dialect;
    private readonly TimeProvider _time;
    private readonly GroupCommit _commit;
    private readonly JournalRing _ring;
    private readonly JournalFollower? _follower;

    private FarmStore(StoreDialect dialect, Session writer, StoreOptions options, TimeProvider time, long lastSequence)
    {
        _dialect = dialect;
        _time = time;
        _ring = new JournalRing(options.JournalRing, lastSequence);
        if (dialect is PostgresDialect postgres)
        {
            // Other processes write between our commits, so only the follower may fill the ring.
            _follower = new JournalFollower(postgres, _ring, time);
            _commit = new GroupCommit(dialect, writer, options, time, events => _ring.Advance(events[^1].Sequence));
        }
        else
        {
            _commit = new GroupCommit(dialect, writer, options, time, _ring.Append);
        }
    }

    /// <summary>Opens the database, makes or migrates its schema, and starts the writer.</summary>
    /// <exception cref="ArgumentException">The connection names neither kind of database.</exception>
    /// <exception cref="StoreVersionException">A newer Quern wrote it.</exception>
    /// <exception cref="System.Data.Common.DbException">The database cannot be reached or is damaged.</exception>
    public static async Task<FarmStore> OpenAsync(StoreOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var dialect = DialectOf(options.Connection);
        Session? writer = null;
        try
        {
            writer = await dialect.OpenWriterAsync(cancellationToken);
            await Migrations.ApplyAsync(dialect, writer, time);
            return new FarmStore(dialect, writer, options, time, await JournalReading.LastAsync(writer));
        }
        catch
        {
            if (writer is not null) await writer.DisposeAsync();
            await dialect.DisposeAsync();
            throw;
        }
    }

    /// <summary>Finishes what was queued, then closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await _commit.DisposeAsync();
        if (_follower is not null) await _follower.DisposeAsync();
        await _dialect.DisposeAsync();
    }

    private static StoreDialect DialectOf(string connection)
    {
        int colon = connection.IndexOf(':', StringComparison.Ordinal);
        string rest = connection[(colon + 1)..];
        return (colon < 0 || rest.Length == 0 ? "" : connection[..colon]) switch
        {
            "sqlite" => new SqliteDialect(rest),
            "postgres" => new PostgresDialect(rest),
            // The text itself stays out of the message: it may hold a password.
            _ => throw new ArgumentException("The database connection must read 'sqlite:FILE' or 'postgres:CONNECTION-STRING'.", nameof(connection)),
        };
    }

    // Internal for the tests of the writer itself.
    internal Task<T> WriteAsync<T>(Func<WriteSession, ValueTask<T>> body, CancellationToken cancellationToken) =>
        _commit.RunAsync(body, cancellationToken);

    private async Task<T> ReadAsync<T>(Func<Session, Task<T>> body, CancellationToken cancellationToken)
    {
        var session = await _dialect.RentReaderAsync(cancellationToken);
        try
        {
            return await body(session);
        }
        finally
        {
            await _dialect.ReturnReaderAsync(session);
        }
    }

    private static async Task<ImmutableArray<T>> ListAsync<T>(
        Session session, Func<DbDataReader, T> read, string sql, params (string, object?)[] values)
    {
        var list = ImmutableArray.CreateBuilder<T>();
        await using var reader = await session.QueryAsync(sql, values);
        while (await reader.ReadAsync())
            list.Add(read(reader));
        return list.ToImmutable();
    }
}
