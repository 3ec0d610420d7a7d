namespace Quern.Storage.Tests;

/// <summary>Where a test gets its database from.</summary>
public interface ITestDatabase
{
    /// <summary>Makes an empty database and answers with the connection for a <see cref="StoreOptions"/>.</summary>
    Task<string> NewDatabaseAsync();

    /// <summary>Removes it after the test.</summary>
    Task DropAsync();
}
