using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>What the administration protocol's door tells the farm. Safe for calls from many connections at once; none may block or throw.</summary>
public interface IAdminGate
{
    /// <summary>A connection ended, for the log of the program.</summary>
    /// <param name="name">Who it was, as the journal keeps it; empty for a stranger.</param>
    void Ended(string name, string remote, string reason);

    /// <summary>The farm failed on a request; the peer was told no more than that.</summary>
    void Failed(string name, string request, Exception error);

    /// <summary>Somebody asked for what they have no right to, and no desk saw it.</summary>
    /// <param name="right">That is missing; empty when it is for nobody.</param>
    void Denied(Caller who, string request, string right);

    /// <summary>An agent is connected and said what it is.</summary>
    void Reported(AgentReport report);
}
