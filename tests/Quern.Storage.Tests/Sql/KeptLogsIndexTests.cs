using Microsoft.Data.Sqlite;
using Xunit;

namespace Quern.Storage.Tests;

public sealed class KeptLogsIndexTests : StoreContract
{
    private readonly SqliteFile _file;

    public KeptLogsIndexTests() : this(new SqliteFile()) { }

    private KeptLogsIndexTests(SqliteFile file) : base(file) => _file = file;

    [Fact]
    public async Task Old_logs_are_found_through_their_index_without_sorting()
    {
        await using var connection = new SqliteConnection($"Data Source={_file.FilePath};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + FarmStore.KeptLogsOfState;
        command.Parameters.AddWithValue("@state", "succeeded");
        command.Parameters.AddWithValue("@node", "gate");
        foreach (string name in new[] { "@before", "@after", "@after_number", "@limit" }) command.Parameters.AddWithValue(name, 1L);

        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        Assert.True(await reader.ReadAsync(Cancellation));
        string step = reader.GetString(3);

        Assert.StartsWith("SEARCH jobs USING INDEX jobs_kept_logs (state=? AND finished_at>? AND finished_at<?)", step, StringComparison.Ordinal);
        Assert.False(await reader.ReadAsync(Cancellation));
    }
}
