using Quern.Testing;

namespace Quern.Storage.Tests;

/// <summary>A SQLite file in a temporary folder.</summary>
public sealed class SqliteFile : ITestDatabase
{
    private string? _folder;

    /// <summary>The file of the newest database; empty before the first.</summary>
    public string FilePath => _folder is null ? "" : Path.Combine(_folder, "farm.db");

    public Task<string> NewDatabaseAsync()
    {
        _folder = Directory.CreateTempSubdirectory("quern-sqlite-").FullName;
        return Task.FromResult($"sqlite:{FilePath}");
    }

    public Task DropAsync()
    {
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }
}
