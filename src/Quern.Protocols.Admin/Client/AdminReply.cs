using Google.Protobuf;
using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>What came of a request.</summary>
public abstract record AdminReply
{
    private AdminReply()
    {
    }

    /// <summary>One of the results that the schema has for the request.</summary>
    /// <param name="Name">For instance <c>LOGIN_OK</c>; the number in words for one that this schema does not have.</param>
    /// <param name="Code">Its number.</param>
    /// <param name="Tail">Details; null when none came.</param>
    public sealed record Result(string Name, int Code, ResultTail? Tail = null) : AdminReply;

    /// <summary>A message that answers it.</summary>
    public sealed record Message(IMessage Value) : AdminReply;

    /// <summary>No answer came in time; one that comes later is passed over.</summary>
    public sealed record TimedOut : AdminReply;

    /// <summary>The connection is over, or the answer could not be read.</summary>
    /// <param name="Reason">In plain words.</param>
    public sealed record Lost(string Reason) : AdminReply;
}
