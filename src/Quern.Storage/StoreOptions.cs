namespace Quern.Storage;

/// <summary>Where the farm's database is and how its writer behaves.</summary>
public sealed record StoreOptions
{
    /// <summary><c>sqlite:FILE</c> (made with its folder when missing) or <c>postgres:CONNECTION-STRING</c> as Npgsql reads it.</summary>
    public required string Connection { get; init; }

    /// <summary>Most operations in one commit: bounds how long the first one waits for the others.</summary>
    public int MaxBatch { get; init; } = 256;

    /// <summary>Operations that may wait for the writer; further callers wait for room.</summary>
    public int MaxWaiting { get; init; } = 4096;

    /// <summary>Journal events kept in memory for readers that follow closely.</summary>
    public int JournalRing { get; init; } = 8192;

    /// <summary>
    /// A defect for tests of the durability test itself: answers come before the commit, which then waits this long.
    /// Null, as always outside tests, answers after the commit.
    /// </summary>
    internal TimeSpan? PlantedEarlyAnswer { get; init; }
}
