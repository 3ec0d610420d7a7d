using System.Globalization;
using System.Text.Json;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Reads from the journal who did what to the estate, and who tried.</summary>
internal sealed class AuditDesk(FarmStore store, RefusalBook refusals) : IAuditDesk
{
    public async Task<Page<AuditEntry>?> QueryAsync(Caller who, AuditQuery query, CancellationToken cancellationToken)
    {
        if (!who.May(Right.AuditRead))
        {
            await refusals.NoteAsync(who.Actor, "audit.query", "", "denied", cancellationToken);
            return null;
        }
        // No event has such an actor or kind, and no database is asked for it.
        if (query.Actor.Any(char.IsControl) || query.KindPrefix.Any(char.IsControl)) return new Page<AuditEntry>([]);
        int limit = Math.Clamp(query.Limit, 1, 1000);
        long after = long.TryParse(query.After, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
        var events = await store.QueryAuditAsync(new AuditFilter(query.From, query.To, query.Actor, query.KindPrefix, after), limit, cancellationToken);
        return new Page<AuditEntry>([.. events.Select(EntryOf)], events.Length == limit ? events[^1].Sequence.ToString(CultureInfo.InvariantCulture) : "");
    }

    private static AuditEntry EntryOf(FarmEvent e) => new(e.Sequence, e.Time, e.Actor, e.Kind, e.Subject, AddressIn(e.Data), e.Data);

    private static string AddressIn(string data)
    {
        if (data.Length == 0) return "";
        using var json = JsonDocument.Parse(data);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("address", out var address) && address.ValueKind == JsonValueKind.String
            ? address.GetString()!
            : "";
    }
}
