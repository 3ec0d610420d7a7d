namespace Quern.Testing;

/// <summary>Where a test gets its database from.</summary>
public interface ITestDatabase
{
    /// <summary>Makes an empty database and answers with the connection as a store takes it: <c>sqlite:…</c> or <c>postgres:…</c>.</summary>
    Task<string> NewDatabaseAsync();

    /// <summary>Removes it after the test.</summary>
    Task DropAsync();
}
