using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// Lets workers in whose name and password fit, and hands their links to the gate. Three kinds of passwords, docs/adr/0007-worker-verifier.md: those of the
/// configuration file are in memory, those that the farm made have plain hashes in the database, those that were brought a slow one.
/// </summary>
/// <param name="ofFile">The workers of this master's configuration file.</param>
/// <param name="vault">Has sealed the MD5 of passwords that were brought.</param>
/// <param name="fits">Whether a text fits a slow hash; null for <see cref="PasswordHash.Fits"/>.</param>
internal sealed partial class WorkerDoor(
    Gate gate, FarmStore store, IEnumerable<WorkerSetting> ofFile, SecretVault vault, TimeProvider time, ILogger<WorkerDoor> logger,
    Func<string, string, bool>? fits = null) : IWorkerGate, IAsyncDisposable
{
    /// <summary>
    /// From the question to a refusal, on a farm that has brought passwords: longer than a slow check takes on a machine that is not busy, so that the time does
    /// not tell at whose name there was one. It costs no processor time.
    /// </summary>
    public static readonly TimeSpan RefusalTime = TimeSpan.FromMilliseconds(300);

    private static readonly PasswordMarks s_marks = new();
    private static readonly byte[] s_nobodys = new byte[PasswordMarks.Bytes];

    private readonly FilePasswords _file = new(ofFile, s_marks);
    private readonly SlowChecks _slow = new(time, fits);
    private readonly SemaphoreSlim _oneRefresh = new(1);
    private readonly RefusalNotes _refusals = new(time);

    /// <summary>Replaced as a whole when accounts change.</summary>
    private volatile ImmutableDictionary<WorkerName, WorkerAccount> _accounts = ImmutableDictionary<WorkerName, WorkerAccount>.Empty;

    /// <summary>Some account has a password that was brought.</summary>
    private volatile bool _hasBrought;

    /// <summary>Set once, when the master stops: nobody comes in any more.</summary>
    private volatile bool _closed;

    public bool IsClosed => _closed;

    public void Close() => _closed = true;

    /// <summary>Whether a worker of this name may join, now or after it was switched on again.</summary>
    public bool IsAccount(WorkerName name) => _accounts.ContainsKey(name);

    /// <summary>
    /// Takes over the accounts as they are stored now, with slots that were changed elsewhere. One after the other, so that an older list never
    /// replaces a newer one.
    /// </summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _oneRefresh.WaitAsync(cancellationToken);
        try
        {
            var accounts = await store.ListWorkersAsync(cancellationToken);
            foreach (var account in accounts)
                if (!IsOfOurFile(account) && _accounts.GetValueOrDefault(account.Name)?.Slots != account.Slots) gate.Pool.SetSlots(account.Name, account.Slots);
            SetAccounts(accounts);
        }
        finally
        {
            _oneRefresh.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _slow.DisposeAsync();
        _oneRefresh.Dispose();
    }

    public void SetAccounts(IEnumerable<WorkerAccount> accounts)
    {
        var now = accounts.ToImmutableDictionary(a => a.Name);
        _hasBrought = now.Values.Any(a => a.PasswordHash.Length > 0);
        _accounts = now;
        _slow.Keep(name => now.GetValueOrDefault(name)?.PasswordHash);
    }

    public async ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken)
    {
        long asked = time.GetTimestamp();
        bool proved = await FitsAsync(name, password, cancellationToken);
        return proved && !_closed || await RefuseAsync(asked, cancellationToken);
    }

    public async ValueTask<bool> CheckAsync(
        WorkerName name, ReadOnlyMemory<byte> challenge, ReadOnlyMemory<byte> response, CancellationToken cancellationToken)
    {
        long asked = time.GetTimestamp();
        bool proved = PerspectiveVerifier.Proves(Admitted(name) is { } account ? VerifierOf(account) : "", challenge.Span, response.Span);
        return proved && !_closed || await RefuseAsync(asked, cancellationToken);
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
        _ = KeepAsync(name, $"{WhyNot(name)}, from {remote}");
    }

    public void Ended(WorkerName? name, string remote, string reason) => Log.ConnectionEnded(logger, name?.Value ?? "(no name)", remote, reason);

    public void Trespassed(WorkerName? name, string remote, string what) => Log.Trespassed(logger, name?.Value ?? "(no name)", remote, what);

    /// <summary>The account that may come in now by a password; null when there is none.</summary>
    private WorkerAccount? Admitted(WorkerName name) =>
        _accounts.TryGetValue(name, out var account) && (IsOfOurFile(account) || account.Enabled && account.Origin is not WorkerAccount.OfFile) ? account : null;

    /// <summary>What our file names comes in here, also while another master that has another file has switched it off for itself.</summary>
    private bool IsOfOurFile(WorkerAccount account) => account.Origin == WorkerAccount.OfFile && _file.Names(account.Name);

    private async ValueTask<bool> FitsAsync(WorkerName name, string password, CancellationToken cancellationToken)
    {
        var account = Admitted(name);
        byte[] mark = s_marks.Of(name, password);
        // A stranger's name is compared too, with what nobody has.
        bool isOfFile = CryptographicOperations.FixedTimeEquals(mark, account?.Origin == WorkerAccount.OfFile ? _file.MarkOf(name)! : s_nobodys);
        bool isMade = CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(password)), account is { PasswordSha256.Hex: { Length: > 0 } hex } ? Convert.FromHexString(hex) : s_nobodys);
        if (account is null || isOfFile || isMade || account.PasswordHash.Length == 0) return account is not null && (isOfFile || isMade);
        return await _slow.FitsAsync(name, account.PasswordHash, PasswordMarks.Bound(name, password), mark, cancellationToken)
            // It may have waited for its turn; what holds is what the account is now.
            && Admitted(name)?.PasswordHash == account.PasswordHash;
    }

    /// <summary>What a login over Perspective Broker is checked with; empty when there is nothing.</summary>
    private string VerifierOf(WorkerAccount account) => account switch
    {
        { Origin: WorkerAccount.OfFile } => _file.Md5Of(account.Name),
        { SealedMd5.Length: > 0 } => vault.OpenText(account.SealedMd5, account.Name.Value) ?? "",
        _ => account.PasswordMd5,
    };

    private async ValueTask<bool> RefuseAsync(long asked, CancellationToken cancellationToken)
    {
        if (_hasBrought && RefusalTime - time.GetElapsedTime(asked) is var left && left > TimeSpan.Zero) await Task.Delay(left, time, cancellationToken);
        return false;
    }

    private string WhyNot(WorkerName name)
    {
        if (!_accounts.TryGetValue(name, out var account)) return "no worker of this name may join";
        if (account.Origin == WorkerAccount.OfAgent) return "an agent comes in by its certificate, not by a password";
        if (account.Origin == WorkerAccount.OfFile && account.Enabled && !_file.Names(name))
            return "the configuration file of this master does not name it, that of another master of the farm does";
        if (Admitted(name) is null) return "the account is disabled";
        if (_slow.IsFull(name)) return "wrong password, or too many at once that wait to be checked";
        return VerifierOf(account).Length > 0 ? "wrong password"
            : account.SealedMd5.Length > 0
                ? "wrong password, or a login over buildbot-pb at a master without the keys (folder 'keys') of the one where its password was brought"
                : "wrong password, or a login over buildbot-pb for an account whose password must be set again before it can log in that way";
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
