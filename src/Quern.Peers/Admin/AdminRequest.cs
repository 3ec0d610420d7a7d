using Quern.Model;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>A request with whoever sent it.</summary>
/// <param name="Envelope">Of a type that is known and that has an answer.</param>
/// <param name="State">Of the connection when it was taken.</param>
/// <param name="Caller">The account that logged in; null for strangers and agents.</param>
/// <param name="Token">Of its session; empty without one.</param>
/// <param name="Agent">The agent's UUID by its certificate; empty for clients and strangers.</param>
internal sealed record AdminRequest(AdminMessage Envelope, AdminPeer Peer, AdminState State, Caller? Caller, string Token, string Agent, IAdminVoice Voice)
{
    private int _answered;

    public AdminType Type => Envelope.Type!;

    /// <summary>Of a request that needs an account; the table sees to it.</summary>
    public Caller Who => Caller ?? throw new InvalidOperationException($"{Type} was taken from somebody who has not logged in.");

    public string UserName => Who.Principal.Name is var name && name.StartsWith("user:", StringComparison.Ordinal) ? name["user:".Length..] : "";

    /// <summary>True once: a request has one answer.</summary>
    public bool TryTakeAnswer() => Interlocked.Exchange(ref _answered, 1) == 0;

    /// <summary>Without its secrets.</summary>
    public override string ToString() => $"{Type} of {Caller?.Principal.Name ?? "stranger"}";
}
