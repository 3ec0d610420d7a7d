using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// The working places that a worker of revision v1 knows as its builders. It runs commands in those alone, and stops what runs in one that a
/// list leaves out: so each list has all, one list is on its way at a time, and nothing is ever taken away. buildbot-msgpack.md section 13.2.
/// </summary>
/// <param name="connection">To the worker.</param>
/// <param name="places">Those that it was told when it was attached.</param>
internal sealed class BuilderPlaces(MessagePackConnection connection, ImmutableArray<string> places)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _wanted = new(places, StringComparer.Ordinal);   // guarded by the gate
    private ImmutableHashSet<string> _told = [.. places];   // guarded by the gate

    /// <summary>The list that is on its way; each waits for the one before. Guarded by the gate.</summary>
    private Task<string?> _telling = Task.FromResult<string?>(null);

    /// <summary>Sees to it that the worker knows these places too.</summary>
    /// <returns>Null when it does, or when the connection has ended; else why not.</returns>
    public Task<string?> AddAsync(params ReadOnlySpan<string> added)
    {
        lock (_gate)
        {
            bool known = true;
            foreach (string place in added)
            {
                _wanted.Add(place);
                known &= _told.Contains(place);
            }

            return known ? Task.FromResult<string?>(null) : _telling = TellAsync(_telling, [.. added]);
        }
    }

    private async Task<string?> TellAsync(Task before, ImmutableArray<string> added)
    {
        // Not under the lock of whoever asked.
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        ImmutableArray<string> list;
        lock (_gate)
        {
            // The list before this one may have had them already.
            if (added.All(_told.Contains)) return null;
            list = [.. _wanted];
        }

        BuildbotMessage.Response? answer = await connection.RequestAsync(number =>
            new BuildbotMessage.SetBuilderList(number, [.. list.Select(place => new BuilderPlace(place, place))]));
        lock (_gate)
        {
            if (answer is null or { IsException: false })
            {
                _told = [.. list];
                return null;
            }

            // Not in the next list: that would be refused for it again.
            _wanted.ExceptWith(added.Where(place => !_told.Contains(place)));
        }

        return answer.Result is WireValue.Text text ? $"the worker refused its list of builders: {text.Value}" : "the worker refused its list of builders";
    }
}
