using Google.Protobuf;
using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>One envelope, read. Administration protocol, "Envelope".</summary>
/// <param name="To">Session number of the receiver; 0: whoever reads it.</param>
/// <param name="From">Session number of the sender; 0: not known or not said.</param>
/// <param name="Id">Number of a request, the same in its answer; of a stream in an event.</param>
/// <param name="Number">Type number as it stands, or stood, on the wire.</param>
/// <param name="Type">What the number means; null for one that the schema does not have.</param>
/// <param name="Set">The names that the number is of.</param>
/// <param name="Body">The payload.</param>
public sealed record AdminMessage(int To, int From, int Id, int Number, AdminType? Type, NameSet Set, AdminBody Body)
{
    /// <summary>A message with the number of its type for a peer that speaks that set.</summary>
    public static AdminMessage Of(IMessage message, int id, NameSet set = NameSet.Protocol, int to = 0, int from = 0)
    {
        var type = AdminTypes.Of(message);
        return new AdminMessage(to, from, id, type.NumberFor(set), type, set, new AdminBody.Message(message));
    }

    /// <summary>A result with the number of its type for a peer that speaks that set.</summary>
    public static AdminMessage Of(AdminType answer, int code, int id, NameSet set = NameSet.Protocol, int to = 0, int from = 0, ResultTail? tail = null) =>
        new(to, from, id, answer.NumberFor(set), answer, set, new AdminBody.Result(code, tail));
}
