using System.Collections.Frozen;
using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>Every payload of the schema, by name and by number.</summary>
public static class AdminTypes
{
    private static readonly FrozenDictionary<string, AdminType> s_byName = Read().ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<int, (AdminType Type, NameSet Set)> s_byNumber = ByNumber();

    /// <summary>All of them, in the schema's order.</summary>
    public static IReadOnlyCollection<AdminType> All => s_byName.Values;

    /// <summary>By the schema's name, for instance <c>RQ_Login</c>; null when there is none.</summary>
    public static AdminType? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>The type that a C# message is of.</summary>
    public static AdminType Of(Google.Protobuf.IMessage message) =>
        Find(message.Descriptor.Name) ?? throw new ArgumentException($"{message.Descriptor.Name} cannot be a payload.", nameof(message));

    /// <summary>By the number on the wire. A number that two sets share counts for the one first named in <see cref="NameSet"/>.</summary>
    public static bool TryFind(int number, out AdminType? type, out NameSet set)
    {
        bool found = s_byNumber.TryGetValue(number, out var entry);
        (type, set) = entry;
        return found;
    }

    private static IEnumerable<AdminType> Read()
    {
        foreach (var message in AdminReflection.Descriptor.MessageTypes.Where(m => IsPayload(m.Name)))
            yield return new AdminType(message.Name, message, null, Numbers(message.Name));
        foreach (var results in AdminReflection.Descriptor.EnumTypes.Where(e => IsPayload(e.Name)))
            yield return new AdminType(results.Name, null, results, Numbers(results.Name));
    }

    private static bool IsPayload(string name) => name.StartsWith("RQ_", StringComparison.Ordinal)
        || name.StartsWith("RS_", StringComparison.Ordinal) || name.StartsWith("EV_", StringComparison.Ordinal) || name == nameof(Outcome);

    private static IEnumerable<KeyValuePair<NameSet, int>> Numbers(string definition) =>
        InheritedNames.Of(definition).Select(n => KeyValuePair.Create(n.Set, TypeNumber.Of(n.Name)));

    private static FrozenDictionary<int, (AdminType, NameSet)> ByNumber()
    {
        var numbers = new Dictionary<int, (AdminType, NameSet)>();
        foreach (var set in Enum.GetValues<NameSet>())
            foreach (var type in s_byName.Values)
                if (type.NumberIn(set) is { } number) numbers.TryAdd(number, (type, set));
        return numbers.ToFrozenDictionary();
    }
}
