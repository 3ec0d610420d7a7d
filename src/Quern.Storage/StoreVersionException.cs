namespace Quern.Storage;

/// <summary>The database was written by a newer Quern, whose schema this program does not know. Nothing was changed.</summary>
public sealed class StoreVersionException(long found, long known) : Exception(
    $"The database has schema version {found}, but this program knows versions up to {known}. " +
    "It was last used by a newer Quern: start that version again, or restore a backup made before the upgrade.")
{
    /// <summary>The version the database says it has.</summary>
    public long Found { get; } = found;

    /// <summary>The greatest version this program can work with.</summary>
    public long Known { get; } = known;
}
