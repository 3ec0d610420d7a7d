using Google.Protobuf;
using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>What an envelope carries.</summary>
public abstract record AdminBody
{
    private AdminBody()
    {
    }

    /// <summary>A message of the schema.</summary>
    public sealed record Message(IMessage Value) : AdminBody;

    /// <summary>A result of a request.</summary>
    /// <param name="Code">Number of the result; an answer without payload is read as 0. May be one that this schema does not have.</param>
    /// <param name="Tail">Details; only between peers that both announced <c>tail.v1</c>. Null when absent, and when it cannot be read.</param>
    public sealed record Result(int Code, ResultTail? Tail = null) : AdminBody;

    /// <summary>Bytes that are no message of the type which the envelope names, or one with more parts than allowed.</summary>
    public sealed record Unreadable : AdminBody;
}
