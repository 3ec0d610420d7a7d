using System.Diagnostics;
using Quern.Testing;

namespace Quern.Storage.Tests;

/// <summary>The test program started again as a process of its own, with a PostgreSQL, to be killed.</summary>
internal static class PostgresChild
{
    public const string Verb = "postgres-child";

    /// <summary>Starts a child; its first two lines are the guard's process id and the server's folder.</summary>
    public static Process Start() => Process.Start(new ProcessStartInfo(
        Path.Combine(AppContext.BaseDirectory, typeof(PostgresChild).Assembly.GetName().Name!), [Verb])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    /// <summary>Holds a server until standard input ends.</summary>
    public static async Task<int> RunAsync()
    {
        await using var server = new PostgresServer();
        await server.NewDatabaseAsync();
        await Console.Out.WriteLineAsync($"{server.GuardId}");
        await Console.Out.WriteLineAsync(server.Folder);
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
