using Npgsql;
using Quern.Model;

namespace Quern.Storage;

/// <summary>On PostgreSQL: hears of commits of all processes by LISTEN and brings their events into the ring.</summary>
internal sealed class JournalFollower : IAsyncDisposable
{
    private const int PageSize = 1000;

    // Between two attempts to listen again after the connection broke.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly PostgresDialect _dialect;
    private readonly JournalRing _ring;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    public JournalFollower(PostgresDialect dialect, JournalRing ring, TimeProvider time)
    {
        _dialect = dialect;
        _ring = ring;
        _time = time;
        _loop = Task.Run(LoopAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException)
            {
                // The server went away; the writer tells callers so. Listening resumes where the ring ends.
                await Task.Delay(Pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var session = new Session(await _dialect.OpenListenerAsync(cancellationToken), prepare: false);
        var connection = (NpgsqlConnection)session.Connection;
        await session.ExecuteAsync($"LISTEN {PostgresDialect.Channel}");
        while (true)
        {
            IReadOnlyList<FarmEvent> page;
            do
            {
                page = await JournalReading.ReadAsync(session, _ring.Tail, PageSize);
                _ring.Append(page);
            }
            while (page.Count == PageSize);
            await connection.WaitAsync(cancellationToken);
        }
    }
}
