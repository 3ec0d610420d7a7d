using System.Net;
using Quern.Model;

namespace Quern.Peers.Estate;

/// <summary>Who asks for something of the estate, and where from. What a caller may do is looked up anew for every request.</summary>
/// <param name="Door">The way in, for the journal: <c>http</c> or <c>admin</c>.</param>
public sealed record Caller(Principal Principal, IPAddress From, string Door)
{
    /// <summary>With where from, for the journal.</summary>
    public Actor Actor => Principal.Actor with { Address = From.ToString(), Door = Door };

    public bool May(string right, string? group = null) => Principal.May(right, group);
}
