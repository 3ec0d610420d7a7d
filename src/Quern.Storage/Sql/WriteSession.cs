namespace Quern.Storage;

/// <summary>What one write operation works with, inside the transaction of its batch.</summary>
/// <param name="sql">The writer's connection.</param>
/// <param name="now">The time of the batch: every row and event of it carries this one.</param>
/// <param name="events">Where the batch's journal events gather.</param>
internal sealed class WriteSession(Session sql, DateTimeOffset now, List<NewEvent> events)
{
    public Session Sql { get; } = sql;

    public DateTimeOffset Now { get; } = now;

    /// <summary><see cref="Now"/> as the database keeps it.</summary>
    public long Time { get; } = UnixMicroseconds.From(now);

    /// <summary>Adds an event to the journal if the operation succeeds.</summary>
    public void Emit(string kind, string subject, string actor, string data = "{}") =>
        events.Add(new NewEvent(kind, subject, actor, data));
}
