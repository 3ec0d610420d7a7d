using System.Net;
using Quern.Admin.V1;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>What a peer said of itself when it opened the session, and what was agreed on.</summary>
/// <param name="Sid">Its session number.</param>
/// <param name="Uuid">Proves nothing.</param>
/// <param name="Set">The names of its type numbers; what it is asked is asked in these.</param>
/// <param name="Results">It knows the results that the inherited protocol had not.</param>
/// <param name="Tails">It reads what stands behind a result.</param>
internal sealed record AdminPeer(int Sid, string Uuid, string Product, IPAddress From, NameSet Set, bool Results, bool Tails)
{
    private const string ResultsCapability = "results.v1", TailCapability = "tail.v1", QuernCapability = "quern.v1";
    private const int MaxText = 64;

    /// <summary>It speaks Quern's own messages.</summary>
    public bool IsQuerns { get; init; }

    /// <summary>What both sides have, as the answer says it.</summary>
    public IEnumerable<string> Capabilities
    {
        get
        {
            if (Results) yield return ResultsCapability;
            if (Tails) yield return TailCapability;
            if (IsQuerns) yield return QuernCapability;
        }
    }

    /// <summary>Reads the first message; null, and why, when it cannot open a session.</summary>
    public static AdminPeer? TryRead(RQ_Session session, NameSet set, IPAddress from, Func<InstanceType, InstanceFlavor, int> newSid, out string problem)
    {
        problem = session switch
        {
            { InstanceUuid.Length: 0 } => "it opened a session without a UUID",
            { InstanceUuid.Length: > MaxText } => $"it opened a session with a UUID of over {MaxText} characters",
            { InstanceType: InstanceType.InstanceServer } => "it calls itself a server",
            // CLIENT and AGENT changed places among them, and others came and went, so more cannot be said.
            _ when (int)session.InstanceType is < 0 or > 7 => "it opened a session with a type that never was",
            _ when (int)session.InstanceFlavor is < 0 or > 127 => "it opened a session with a flavor that never was",
            _ => "",
        };
        if (problem.Length > 0) return null;
        bool quern = session.Capability.Contains(QuernCapability);
        return new AdminPeer(newSid(session.InstanceType, session.InstanceFlavor), session.InstanceUuid, Line(session.Product), from, set,
            quern || session.Capability.Contains(ResultsCapability), quern || session.Capability.Contains(TailCapability))
        { IsQuerns = quern };
    }

    /// <summary>One short line of what may be anything.</summary>
    private static string Line(string text) => string.Concat(text.Where(c => !char.IsControl(c)).Take(MaxText)).Trim();
}
