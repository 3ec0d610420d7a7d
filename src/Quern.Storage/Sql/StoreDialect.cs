using System.Data.Common;

namespace Quern.Storage;

/// <summary>
/// What differs between the databases. Life: made by <see cref="FarmStore.OpenAsync"/>, which disposes it last; one
/// writer session at a time, any number of reader sessions.
/// </summary>
internal abstract class StoreDialect : IAsyncDisposable
{
    /// <summary>The folder of its migrations.</summary>
    public abstract string Name { get; }

    /// <summary>Opens a write transaction.</summary>
    public abstract string Begin { get; }

    /// <summary>Behind a SELECT: nobody changes these rows before our commit. Empty where writers are alone anyway.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Behind a SELECT: as <see cref="ForUpdate"/>, but others may do the same.</summary>
    public abstract string ForShare { get; }

    public abstract Task<Session> OpenWriterAsync(CancellationToken cancellationToken);

    public abstract ValueTask<Session> RentReaderAsync(CancellationToken cancellationToken);

    public abstract ValueTask ReturnReaderAsync(Session session);

    /// <summary>Called first in each migration transaction: one process migrates at a time.</summary>
    public abstract Task LockForMigrationAsync(Session session);

    /// <summary>Writes the events into the open transaction, in order, and answers with their sequence numbers.</summary>
    public abstract Task<long[]> AppendJournalAsync(Session session, IReadOnlyList<NewEvent> events, long time);

    /// <summary>The whole transaction may be run again: it lost against another one through no fault of its own.</summary>
    public abstract bool IsRetryable(Exception exception);

    /// <summary>A UNIQUE or PRIMARY KEY constraint said no.</summary>
    public abstract bool IsDuplicate(Exception exception);

    public abstract ValueTask DisposeAsync();
}
