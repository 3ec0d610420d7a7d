using Google.Protobuf;
using Quern.Admin.V1;

namespace Quern.Peers.Admin;

/// <summary>What answers a request.</summary>
internal abstract record AdminAnswer
{
    private AdminAnswer() { }

    /// <summary>What the connection does once it has been sent; null for nothing.</summary>
    public AdminEffect? Then { get; init; }

    /// <param name="Code">Number in the enum of the request's results.</param>
    /// <param name="Tail">For peers that read it.</param>
    public sealed record Result(int Code, ResultTail? Tail = null) : AdminAnswer;

    public sealed record Message(IMessage Value) : AdminAnswer;

    /// <summary>It comes later, from <see cref="IAdminVoice.Answer"/>.</summary>
    public sealed record Later : AdminAnswer;

    /// <summary>The connection ends without one: peers of that time wait for nothing else.</summary>
    public sealed record Silence : AdminAnswer;
}
