using System.Security.Cryptography;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>All connections of the administration protocol, by their session numbers, and what they have in common.</summary>
/// <param name="random">Gives 23 bits from a cryptographic source; null for the machine's.</param>
internal sealed class AdminRoom(AdminOptions options, IAdminGate gate, TimeProvider time, Func<int>? random = null)
{
    private const int BaseValues = 1 << 23;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, AdminConnection> _bySid = [];   // guarded by the lock
    private long _kept;   // bytes of messages that have begun and are not whole, of all connections
    private readonly Func<int> _random = random ?? (() => RandomNumberGenerator.GetInt32(BaseValues));

    public AdminOptions Options => options;

    public IAdminGate Gate => gate;

    public TimeProvider Time => time;

    public ProofRule Proofs { get; } = new(options.StepUp, time);

    /// <summary>The server's own session number, of this run.</summary>
    public int ServerSid { get; } = SessionNumber.Of(InstanceType.InstanceServer, InstanceFlavor.FlavorServerJava, random?.Invoke() ?? RandomNumberGenerator.GetInt32(BaseValues));

    /// <summary>Gives a connection a number that no other has.</summary>
    public int Enter(AdminConnection connection, InstanceType type, InstanceFlavor flavor)
    {
        while (true)
        {
            int sid = SessionNumber.Of(type, flavor, _random());
            lock (_lock)
                if (sid != 0 && sid != ServerSid && _bySid.TryAdd(sid, connection)) return sid;
        }
    }

    public void Leave(int sid)
    {
        lock (_lock) _bySid.Remove(sid);
    }

    public AdminConnection? Find(int sid)
    {
        lock (_lock) return _bySid.GetValueOrDefault(sid);
    }

    /// <summary>Counts bytes that a connection keeps until the rest of their message comes. False when they are too many, all together; counted all the same.</summary>
    /// <param name="more">Negative for those that it keeps no more.</param>
    public bool Keep(long more) => Interlocked.Add(ref _kept, more) <= options.MaxKeptBytes || more <= 0;

    /// <summary>Of the connection of an agent; 0 when it has none.</summary>
    public int SidOf(string agent) => All().FirstOrDefault(c => c.Agent == agent)?.Peer?.Sid ?? 0;

    /// <summary>Those that are there now.</summary>
    public AdminConnection[] All()
    {
        lock (_lock) return [.. _bySid.Values];
    }
}
