using Quern.Model;

namespace Quern.Peers.Admin;

/// <summary>What a request changes about its connection.</summary>
internal abstract record AdminEffect
{
    private AdminEffect() { }

    /// <summary>Somebody logged in, or took up a session.</summary>
    /// <param name="Token">Of the session; seen by nobody but the desks.</param>
    public sealed record SignedIn(string Token, Principal Principal) : AdminEffect
    {
        /// <summary>Without its secret.</summary>
        public override string ToString() => $"SignedIn {Principal.Name}";
    }

    /// <summary>An agent proved which it is.</summary>
    public sealed record IsAgent(string Uuid) : AdminEffect;

    /// <summary>A login was refused.</summary>
    public sealed record Refused : AdminEffect;

    /// <summary>The answer was the last word.</summary>
    public sealed record Leave(string Reason) : AdminEffect;

    /// <summary>Sessions may be over that other connections hold.</summary>
    public sealed record SessionsEnded : AdminEffect;

    /// <summary>An agent may not be connected any more.</summary>
    public sealed record AgentRevoked(string Uuid) : AdminEffect;
}
