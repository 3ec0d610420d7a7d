using System.Text;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost;

/// <summary>
/// Brings the store in line with the file: what the file names is as it says, what it no longer names is switched off and keeps
/// its history. Only differences are written, so a start without changes leaves no trace in the journal.
/// </summary>
internal static class FileOwnership
{
    private const string Origin = "file";

    public static async Task ApplyAsync(FarmConfiguration configuration, FarmStore store, CancellationToken cancellationToken)
    {
        await ApplyWorkersAsync(configuration, store, cancellationToken);
        await ApplyListenersAsync(configuration, store, cancellationToken);
        await store.SetLocksAsync([.. configuration.Locks.Select(l => new StoredLock(l.Key, l.Value))], Actor.Farm, cancellationToken);
    }

    private static async Task ApplyWorkersAsync(FarmConfiguration configuration, FarmStore store, CancellationToken cancellationToken)
    {
        var stored = (await store.ListWorkersAsync(cancellationToken)).ToDictionary(w => w.Name);
        var wanted = configuration.Workers.Select(w => AccountOf(w)).ToList();
        var names = wanted.Select(w => w.Name).ToHashSet();
        var changes = wanted.Where(w => !stored.TryGetValue(w.Name, out var old) || old != w)
            .Concat(stored.Values.Where(w => w.Origin == Origin && w.Enabled && !names.Contains(w.Name)).Select(w => w with { Enabled = false }));
        // Together, so that thousands share a few commits.
        await Task.WhenAll(changes.Select(w => store.UpsertWorkerAsync(w, Actor.Farm, cancellationToken)));
    }

    private static WorkerAccount AccountOf(WorkerSetting worker)
    {
        byte[] password = Encoding.UTF8.GetBytes(worker.Password);
        return new WorkerAccount(worker.Name, worker.Slots, Sha256Hash.Of(password), true, Origin) { PasswordMd5 = PerspectiveVerifier.Of(password) };
    }

    private static async Task ApplyListenersAsync(FarmConfiguration configuration, FarmStore store, CancellationToken cancellationToken)
    {
        var stored = await store.ListListenersAsync(cancellationToken);
        var wanted = configuration.Listeners.Select(l => new StoredListener(l.Protocol, l.Address.ToString(), l.Port, true, Origin, l.Revisions)).Distinct().ToList();
        foreach (var listener in wanted.Except(stored)) await store.UpsertListenerAsync(listener, Actor.Farm, cancellationToken);
        foreach (var gone in stored.Where(l => l.Origin == Origin && l.Enabled && !wanted.Any(l.IsAt)))
            await store.UpsertListenerAsync(gone with { Enabled = false }, Actor.Farm, cancellationToken);
    }
}
