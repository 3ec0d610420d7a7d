using System.Net;
using System.Net.Sockets;

namespace Quern.Peers.Admin;

/// <summary>
/// Counts connections that have not logged in, all together and from one address, so that one machine alone does not take every place. An
/// IPv6 address stands for its /64, which one customer has whole. Safe to call from many threads.
/// </summary>
internal sealed class Strangers(int most, int mostOfAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _from = [];   // guarded by the lock; those with a stranger
    private int _all;                                         // guarded by the lock

    /// <summary>Whether one more may come; whoever does must <see cref="Leave"/> once.</summary>
    public bool Enter(IPAddress from)
    {
        var network = NetworkOf(from);
        lock (_lock)
        {
            int here = _from.GetValueOrDefault(network);
            if (_all >= most || here >= mostOfAddress) return false;
            (_from[network], _all) = (here + 1, _all + 1);
            return true;
        }
    }

    public void Leave(IPAddress from)
    {
        var network = NetworkOf(from);
        lock (_lock)
        {
            _all--;
            if (--_from[network] == 0) _from.Remove(network);
        }
    }

    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
