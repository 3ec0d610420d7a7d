using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost;

/// <summary>
/// Brings the store in line with the file: what the file names is as it says, what it no longer names is switched off and keeps
/// its history. Only differences are written, so a start without changes leaves no trace in the journal.
/// </summary>
internal static class FileOwnership
{
    private const string Origin = WorkerAccount.OfFile;

    /// <returns>What the file wants and the store does not allow; null when all is well.</returns>
    public static async Task<string?> ApplyAsync(FarmConfiguration configuration, FarmStore store, CancellationToken cancellationToken)
    {
        await ApplyWorkersAsync(configuration, store, cancellationToken);
        await store.SetLocksAsync([.. configuration.Locks.Select(l => new StoredLock(l.Key, l.Value))], Actor.Farm, cancellationToken);
        return await ApplyListenersAsync(configuration, store, cancellationToken);
    }

    private static async Task ApplyWorkersAsync(FarmConfiguration configuration, FarmStore store, CancellationToken cancellationToken)
    {
        var stored = (await store.ListWorkersAsync(cancellationToken)).ToDictionary(w => w.Name);
        var wanted = configuration.Workers.Select(w => new WorkerAccount(w.Name, w.Slots, default, true, Origin)).ToList();
        var names = wanted.Select(w => w.Name).ToHashSet();
        var changes = wanted.Where(w => !stored.TryGetValue(w.Name, out var old) || old != w)
            .Concat(stored.Values.Where(w => w.Origin == Origin && w.Enabled && !names.Contains(w.Name)).Select(w => w with { Enabled = false }));
        // Together, so that thousands share a few commits.
        await Task.WhenAll(changes.Select(w => store.UpsertWorkerAsync(w, Actor.Farm, cancellationToken)));
    }

    private static async Task<string?> ApplyListenersAsync(FarmConfiguration configuration, FarmStore store, CancellationToken cancellationToken)
    {
        var others = (await store.ListListenersAsync(cancellationToken)).ToList();
        foreach (var wanted in configuration.Listeners.Select(ListenerOf))
        {
            // By its name it is the same one at another address; without one the address makes it.
            var old = others.Find(l => l.Origin == Origin && l.Protocol == wanted.Protocol && l.Name.Equals(wanted.Name, StringComparison.OrdinalIgnoreCase)) ??
                others.Find(l => l.IsAt(wanted));
            ListenerChange change;
            if (old is null)
            {
                change = await store.CreateListenerAsync(wanted, Actor.Farm, cancellationToken);
            }
            else
            {
                others.Remove(old);
                var now = wanted with { Id = old.Id, Revision = old.Revision, Name = wanted.Name.Length > 0 ? wanted.Name : old.Name, Owner = old.Owner };
                if (now == old) continue;
                change = await store.UpdateListenerAsync(now, Actor.Farm, cancellationToken);
            }
            if (change is ListenerChange.NameTaken)
                return $"The file '{configuration.File}' calls a listener '{wanted.Name}' (key 'listeners'), and a listener that came through the API has that name: give one of them another.";
        }
        foreach (var gone in others.Where(l => l.Origin == Origin && l.Enabled))
            await store.UpdateListenerAsync(gone with { Enabled = false }, Actor.Farm, cancellationToken);
        return null;
    }

    private static StoredListener ListenerOf(ListenerSetting l) => new(l.Protocol, l.Address.ToString(), l.Port, true, Origin, l.Revisions)
    {
        Name = l.Name,
        Tls = l.Tls switch
        {
            ListenerTls.Farm => new StoredTls("farm", Older: l.OlderTls),
            ListenerTls.Files files => new StoredTls("files", files.Certificate, files.Key, l.OlderTls),
            _ => StoredTls.None,
        },
        MaxConnections = l.Limits.Connections,
        MaxPerSecond = l.Limits.PerSecond,
        Handshake = l.Limits.Handshake,
        AgentAcceptor = l.Agents,
        ClientAcceptor = l.People,
    };
}
