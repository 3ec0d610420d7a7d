using System.Data.Common;

namespace Quern.Storage;

/// <summary>
/// One open connection with its commands kept, so that a statement is parsed and planned once. Used by one caller at a
/// time; a reader must be disposed before its statement runs again.
/// </summary>
internal sealed class Session(DbConnection connection, bool prepare) : IAsyncDisposable
{
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);

    public DbConnection Connection { get; } = connection;

    public Task<int> ExecuteAsync(string sql, params ReadOnlySpan<(string Name, object? Value)> values) =>
        Bind(sql, values).ExecuteNonQueryAsync();

    public Task<DbDataReader> QueryAsync(string sql, params ReadOnlySpan<(string Name, object? Value)> values) =>
        Bind(sql, values).ExecuteReaderAsync();

    /// <summary>The first column of the first row; null when there is no row or it holds null.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, params (string Name, object? Value)[] values) =>
        await Bind(sql, values).ExecuteScalarAsync() is T value ? value : default;

    private DbCommand Bind(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (_commands.TryGetValue(sql, out var command))
        {
            for (int i = 0; i < values.Length; i++)
                command.Parameters[i].Value = values[i].Value ?? DBNull.Value;
            return command;
        }

        command = Connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }
        // Npgsql prepares by itself what is used repeatedly (Max Auto Prepare).
        if (prepare) command.Prepare();
        _commands.Add(sql, command);
        return command;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in _commands.Values)
            await command.DisposeAsync();
        _commands.Clear();
        await Connection.DisposeAsync();
    }
}
