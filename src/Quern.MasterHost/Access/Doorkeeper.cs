using System.Collections.Immutable;
using System.Net;

namespace Quern.MasterHost.Access;

/// <summary>
/// The one login there is until accounts come: user <c>admin</c>, whose password's hash lies in the data folder. A try costs a
/// tenth of a second of processor time, so one runs at a time, few wait, and an address that keeps failing waits a minute.
/// </summary>
internal sealed class Doorkeeper(string passwordFile, TokenBook tokens, TimeProvider time) : IDisposable
{
    public const string User = "admin";

    public static readonly Principal Admin = new("user:" + User, [Right.All]);

    private const int MaxWaiting = 8;
    private const int MaxFailures = 5;
    private const int MaxAddresses = 1024;
    private static readonly TimeSpan Penalty = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(30);

    private readonly SemaphoreSlim _one = new(1);
    private readonly Lock _lock = new();

    /// <summary>Guarded by the lock: failures in a row by address, and when the last one was.</summary>
    private readonly Dictionary<IPAddress, (int Count, DateTimeOffset Last)> _failures = [];

    private int _waiting;

    /// <summary>Checks a password; a good one gives a token for a month.</summary>
    public async Task<LoginResult> LoginAsync(string user, string password, IPAddress from, CancellationToken cancellationToken)
    {
        if (Blocked(from)) return new LoginResult.TooMany(Penalty);
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return new LoginResult.TooMany(TimeSpan.FromSeconds(2));
        }
        try
        {
            await _one.WaitAsync(cancellationToken);
            try
            {
                // The password is hashed for an unknown user too: the time taken does not tell who exists.
                string stored = await File.ReadAllTextAsync(passwordFile, cancellationToken);
                bool fits = await Task.Run(() => PasswordHash.Fits(password, stored.Trim()), cancellationToken);
                if (!fits || user != User)
                {
                    Failed(from);
                    return new LoginResult.Wrong();
                }
            }
            finally
            {
                _one.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        lock (_lock) _failures.Remove(from);
        return new LoginResult.Welcome(await tokens.IssueAsync(Admin, TokenLifetime, Admin.Actor, cancellationToken), Admin);
    }

    public void Dispose() => _one.Dispose();

    private bool Blocked(IPAddress from)
    {
        lock (_lock)
            return _failures.TryGetValue(from, out var past) && past.Count >= MaxFailures && time.GetUtcNow() - past.Last < Penalty;
    }

    private void Failed(IPAddress from)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_failures.Count >= MaxAddresses)
                foreach (var old in _failures.Where(f => now - f.Value.Last > Penalty).Select(f => f.Key).ToImmutableArray()) _failures.Remove(old);
            if (_failures.Count >= MaxAddresses) return;
            int count = _failures.TryGetValue(from, out var past) && now - past.Last < Penalty ? past.Count : 0;
            _failures[from] = (count + 1, now);
        }
    }
}
