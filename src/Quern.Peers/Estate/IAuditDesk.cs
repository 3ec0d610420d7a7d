namespace Quern.Peers.Estate;

/// <summary>What people, and those who tried, did to the estate: read from the journal.</summary>
public interface IAuditDesk
{
    /// <summary>Newest last. Null without <c>audit:read</c>.</summary>
    Task<Page<AuditEntry>?> QueryAsync(Caller who, AuditQuery query, CancellationToken cancellationToken);
}

/// <param name="Actor">As the journal has it, for instance <c>user:admin</c>; empty for all.</param>
/// <param name="KindPrefix">For instance <c>account.</c>; empty for all.</param>
/// <param name="Limit">1 to 1,000.</param>
/// <param name="After">From <see cref="Page{T}.Next"/>; empty for the first part.</param>
public sealed record AuditQuery(
    DateTimeOffset? From = null, DateTimeOffset? To = null, string Actor = "", string KindPrefix = "", int Limit = 100, string After = "");

/// <param name="Kind">Of the event, for instance <c>account.saved</c>.</param>
/// <param name="Detail">The event's data as JSON; without secrets.</param>
public sealed record AuditEntry(long Sequence, DateTimeOffset Time, string Actor, string Kind, string Subject, string Address, string Detail);
