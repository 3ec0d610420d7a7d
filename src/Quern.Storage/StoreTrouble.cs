using Microsoft.Data.Sqlite;
using Npgsql;

namespace Quern.Storage;

/// <summary>What to tell people about a database that cannot take a change just now.</summary>
public static class StoreTrouble
{
    // SQLite's result codes: SQLITE_IOERR, SQLITE_FULL.
    private const int InputOutput = 10;
    private const int Full = 13;

    /// <summary>A sentence when the trouble is the machine's and may pass; null when the error says something else.</summary>
    public static string? Explain(Exception error) => error switch
    {
        SqliteException { SqliteErrorCode: Full } =>
            "The disk of the farm's data folder is full, so nothing can be stored. Nothing was changed; make room there and send the request again.",
        SqliteException { SqliteErrorCode: InputOutput } =>
            "The disk of the farm's data folder reports errors, so nothing can be stored. Nothing was changed; look at the disk and the farm's log.",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            "The disk of the farm's database is full, so nothing can be stored. Nothing was changed; make room there and send the request again.",
        // Its connections are made anew by themselves; whether a change that was under way was made is not known then.
        NpgsqlException { IsTransient: true } =>
            "The farm's database does not answer. Send the request again when it does; with an 'idempotency_key' nothing is done twice.",
        _ => null,
    };
}
