using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Quern.Protocols.Admin;

/// <summary>One definition of the schema that can be a payload: a message, or the enum of a request's results.</summary>
public sealed class AdminType
{
    private readonly FrozenDictionary<NameSet, int> _numbers;

    internal AdminType(string name, MessageDescriptor? message, EnumDescriptor? results, IEnumerable<KeyValuePair<NameSet, int>> numbers)
    {
        (Name, Message, _numbers) = (name, message, numbers.ToFrozenDictionary());
        Parser = message?.Parser.WithDiscardUnknownFields(true);
        Results = results is null ? [] : [.. results.Values.OrderBy(v => v.Number).Select(v => v.Name)];
    }

    /// <summary>As in the schema, for instance <c>RQ_Login</c>.</summary>
    public string Name { get; }

    /// <summary>Names of the results by their numbers, for instance <c>LOGIN_OK</c>; empty for a message.</summary>
    public IReadOnlyList<string> Results { get; }

    /// <summary>The payload is one byte, the number of a result.</summary>
    public bool IsResult => Results.Count > 0;

    /// <summary>A question: it has one answer.</summary>
    public bool IsRequest => Name.StartsWith("RQ_", StringComparison.Ordinal);

    /// <summary>What answers this request: <c>RS_Login</c> for <c>RQ_Login</c>. Null for what has no answer.</summary>
    public AdminType? Answer => IsRequest ? AdminTypes.Find($"RS_{Name[3..]}") : null;

    /// <summary>The shape of a message; null for results.</summary>
    public MessageDescriptor? Message { get; }

    internal MessageParser? Parser { get; }

    /// <summary>Its number in that set; null where the set's peers did not have it.</summary>
    public int? NumberIn(NameSet set) => _numbers.TryGetValue(set, out int number) ? number : null;

    /// <summary>Its number for a peer that speaks that set, or where it has none there, the one Quern uses by itself.</summary>
    public int NumberFor(NameSet set) => NumberIn(set) ?? NumberIn(NameSet.Protocol) ?? NumberIn(NameSet.Quern)
        ?? throw new InvalidOperationException($"{Name} has no number.");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
