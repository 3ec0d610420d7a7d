using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>Lets workers in whose name and password fit, and hands their links to the gate.</summary>
internal sealed partial class WorkerDoor(Gate gate, FarmStore store, TimeProvider time, ILogger<WorkerDoor> logger) : IWorkerGate, IDisposable
{
    private readonly SemaphoreSlim _oneRefresh = new(1);

    private readonly RefusalNotes _refusals = new(time);

    /// <summary>Replaced as a whole when accounts change.</summary>
    private volatile ImmutableDictionary<WorkerName, WorkerAccount> _accounts = ImmutableDictionary<WorkerName, WorkerAccount>.Empty;

    /// <summary>Set once, when the master stops: nobody comes in any more.</summary>
    private volatile bool _closed;

    public bool IsClosed => _closed;

    public void Close() => _closed = true;

    /// <summary>Whether a worker of this name may join, now or after it was switched on again.</summary>
    public bool IsAccount(WorkerName name) => _accounts.ContainsKey(name);

    /// <summary>Takes over the accounts as they are stored now. One after the other, so that an older list never replaces a newer one.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _oneRefresh.WaitAsync(cancellationToken);
        try
        {
            SetAccounts(await store.ListWorkersAsync(cancellationToken));
        }
        finally
        {
            _oneRefresh.Release();
        }
    }

    public void Dispose() => _oneRefresh.Dispose();

    public void SetAccounts(IEnumerable<WorkerAccount> accounts) => _accounts = accounts.ToImmutableDictionary(a => a.Name);

    public ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken)
    {
        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(password));
        // A stranger's name is compared too, with a hash that nothing has.
        bool known = _accounts.TryGetValue(name, out var account) && account.Enabled;
        byte[] expected = known ? Convert.FromHexString(account!.PasswordSha256.Hex) : new byte[SHA256.HashSizeInBytes];
        return ValueTask.FromResult(CryptographicOperations.FixedTimeEquals(given, expected) && known && !_closed);
    }

    public ValueTask<bool> CheckAsync(
        WorkerName name, ReadOnlyMemory<byte> challenge, ReadOnlyMemory<byte> response, CancellationToken cancellationToken)
    {
        bool known = _accounts.TryGetValue(name, out var account) && account.Enabled;
        bool proved = PerspectiveVerifier.Proves(known ? account!.PasswordMd5 : "", challenge.Span, response.Span);
        return ValueTask.FromResult(proved && known && !_closed);
    }

    public ImmutableArray<string> PlacesOf(WorkerName name) => gate.Pool.SlotPlaces(name);

    public ValueTask AttachedAsync(IWorkerLink link)
    {
        gate.Attach(link);
        return ValueTask.CompletedTask;
    }

    public void Refused(WorkerName name, string remote)
    {
        // A master that stops refuses everybody; that is no news of the worker.
        if (_closed || !_refusals.Take(name.Value)) return;
        string why = !_accounts.TryGetValue(name, out var account) ? "no worker of this name may join"
            : account.Enabled ? "wrong password" : "the account is disabled";
        if (account is { Enabled: true, PasswordMd5: "" })
            why += ", or a login over buildbot-pb for an account whose password must be set again before it can log in that way";
        _ = KeepAsync(name, $"{why}, from {remote}");
    }

    private async Task KeepAsync(WorkerName name, string reason)
    {
        try
        {
            await store.SaveWorkerEventAsync(name, "refused", reason, null, CancellationToken.None);
        }
        catch (Exception e)
        {
            // Nobody waits for this; the worker was refused all the same.
            Log.RefusalNotKept(logger, name.Value, e);
        }
    }

    public void Ended(WorkerName? name, string remote, string reason) => Log.ConnectionEnded(logger, name?.Value ?? "(no name)", remote, reason);

    public void Trespassed(WorkerName? name, string remote, string what) => Log.Trespassed(logger, name?.Value ?? "(no name)", remote, what);

    private static partial class Log
    {
        [LoggerMessage(3103, LogLevel.Warning, "{Worker} from {Remote} {What}; it was refused.")]
        public static partial void Trespassed(ILogger logger, string worker, string remote, string what);

        [LoggerMessage(3102, LogLevel.Warning, "That {Worker} was refused could not be kept.")]
        public static partial void RefusalNotKept(ILogger logger, string worker, Exception error);

        [LoggerMessage(3101, LogLevel.Information, "The connection of {Worker} from {Remote} ended: {Reason}.")]
        public static partial void ConnectionEnded(ILogger logger, string worker, string remote, string reason);
    }
}
