using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

/// <summary>Reads the journal from the database.</summary>
internal static class JournalReading
{
    private const string Select =
        "SELECT sequence, time, kind, subject, actor, data FROM journal WHERE sequence > @after ORDER BY sequence LIMIT @limit";

    public static async Task<ImmutableArray<FarmEvent>> ReadAsync(Session session, long after, int limit)
    {
        var events = ImmutableArray.CreateBuilder<FarmEvent>();
        await using var reader = await session.QueryAsync(Select, ("after", after), ("limit", (long)limit));
        while (await reader.ReadAsync()) events.Add(EventOf(reader));
        return events.ToImmutable();
    }

    public static FarmEvent EventOf(DbDataReader reader) => new(
        reader.GetInt64(0), UnixMicroseconds.ToTime(reader.GetInt64(1)), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5));

    public static Task<long> LastAsync(Session session) =>
        session.ScalarAsync<long>("SELECT COALESCE(MAX(sequence), 0) FROM journal");
}
