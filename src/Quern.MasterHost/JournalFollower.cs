using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost;

/// <summary>Shows the journal to who keeps something in memory that another process of the farm may change.</summary>
internal static class JournalFollower
{
    private const int Page = 1000;
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>Until it is stopped. Events that could not be taken in are shown once more a second later.</summary>
    /// <param name="from">The sequence before the first event that is shown.</param>
    /// <param name="take">Takes in events, one or more, in the order of the journal.</param>
    /// <param name="failed">Hears why they could not be read or taken in.</param>
    public static async Task FollowAsync(
        FarmStore store, long from, Func<ImmutableArray<FarmEvent>, CancellationToken, Task> take, Action<Exception> failed, TimeProvider time, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var events = await store.ReadJournalAsync(from, Page, stopping);
                if (events.IsEmpty)
                {
                    await store.WaitPastAsync(from, stopping);
                    continue;
                }
                await take(events, stopping);
                from = events[^1].Sequence;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failed(e);
                await Task.Delay(s_retry, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
