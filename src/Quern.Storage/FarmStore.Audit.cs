using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <content>Who did what, and who tried.</content>
public sealed partial class FarmStore
{
    /// <summary>Keeps that somebody wanted to change the estate and was turned away.</summary>
    /// <param name="action">What was wanted, for instance <c>user.create</c>.</param>
    /// <param name="subject">Of what; may be empty.</param>
    public Task RefuseEstateAsync(string action, string subject, string reason, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(w =>
        {
            w.Emit(EventKinds.EstateRefused, subject, actor.Name, EventData.By(actor, ("action", action), ("reason", reason)));
            return ValueTask.FromResult(true);
        }, cancellationToken);

    /// <summary>Events of the journal, oldest first.</summary>
    /// <param name="limit">1 to 1,000.</param>
    public Task<ImmutableArray<FarmEvent>> QueryAuditAsync(AuditFilter filter, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        ImmutableArray<string> prefixes = filter.KindPrefix.Length == 0 ? EventKinds.OfEstate : [filter.KindPrefix];
        var values = new List<(string, object?)>
        {
            ("from", UnixMicroseconds.From(filter.From ?? DateTimeOffset.UnixEpoch)), ("to", UnixMicroseconds.From(filter.To ?? DateTimeOffset.MaxValue)),
            ("actor", filter.Actor), ("limit", (long)limit),
        };
        var kinds = prefixes.Select((prefix, i) =>
        {
            values.Add(($"kind{i}", prefix));
            return $"substr(kind, 1, length(@kind{i})) = @kind{i}";
        });
        string sql = $"""
            SELECT sequence, time, kind, subject, actor, data FROM journal
            WHERE sequence > @after AND time >= @from AND time < @to AND (@actor = '' OR actor = @actor) AND ({string.Join(" OR ", kinds)})
            ORDER BY sequence LIMIT @limit
            """;
        return ReadAsync(async session =>
        {
            long after = Math.Max(filter.After, filter.From is { } from ? await BeforeAsync(session, UnixMicroseconds.From(from)) : 0);
            return await ListAsync(session, JournalReading.EventOf, sql, [.. values, ("after", after)]);
        }, cancellationToken);
    }

    /// <summary>The number of an event before all that are as young as this: times rise with the numbers, so it is found by halving.</summary>
    private static async Task<long> BeforeAsync(Session session, long time)
    {
        long low = 0, high = await JournalReading.LastAsync(session);
        while (low < high)
        {
            long middle = low + (high - low + 1) / 2;
            long? at = await session.ScalarAsync<long?>("SELECT time FROM journal WHERE sequence >= @sequence ORDER BY sequence LIMIT 1", ("sequence", middle));
            if (at is null || at >= time) high = middle - 1;
            else low = middle;
        }
        return low;
    }
}
