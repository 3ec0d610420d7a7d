using System.Net;
using System.Net.Sockets;

namespace Quern.MasterHost.Access;

/// <summary>
/// Slows guessing down, in memory: five failures for one user from one address, or twenty from one address, within a quarter of an hour
/// close that way for a quarter of an hour. An IPv6 address stands for its /64, which one customer has whole. Safe to call from many threads.
/// </summary>
internal sealed class LoginLimits(TimeProvider time)
{
    public const int MaxOfUser = 5;
    public const int MaxOfAddress = 20;

    /// <summary>Ways that are remembered at once; past it the one that failed longest ago is forgotten.</summary>
    public const int MaxWays = 4096;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<(IPAddress Address, string User), (int Count, DateTimeOffset First, DateTimeOffset Last)> _failures = [];

    /// <summary>How long this way is closed; null while it is open.</summary>
    public TimeSpan? ClosedFor(IPAddress from, string user)
    {
        var address = Network(from);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var ofUser = Left((address, user), MaxOfUser, now);
            var ofAddress = Left((address, ""), MaxOfAddress, now);
            return ofUser is null || ofAddress > ofUser ? ofAddress ?? ofUser : ofUser;
        }
    }

    public void Failed(IPAddress from, string user)
    {
        var address = Network(from);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            Count((address, user), now);
            if (user.Length > 0) Count((address, ""), now);
        }
    }

    /// <summary>The user got in: earlier slips are forgotten. Those of others from the same address are not.</summary>
    public void Succeeded(IPAddress from, string user)
    {
        lock (_lock) _failures.Remove((Network(from), user));
    }

    private TimeSpan? Left((IPAddress, string) way, int most, DateTimeOffset now) =>
        _failures.TryGetValue(way, out var past) && past.Count >= most && past.Last + Window > now ? past.Last + Window - now : null;

    private void Count((IPAddress, string) way, DateTimeOffset now)
    {
        bool goesOn = _failures.TryGetValue(way, out var past) && now - past.First < Window;
        if (!_failures.ContainsKey(way) && _failures.Count >= MaxWays) _failures.Remove(_failures.MinBy(f => f.Value.Last).Key);
        _failures[way] = goesOn ? (past.Count + 1, past.First, now) : (1, now, now);
    }

    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
