using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Quern.Model;

/// <summary>
/// The name of a package and of its recipe: 1 to 128 characters of <c>A-Z a-z 0-9 _ + -</c>.
/// The alphabet is closed because names become path segments.
/// </summary>
public readonly record struct PackageName : IComparable<PackageName>
{
    public const int MaxLength = 128;

    /// <summary>What a valid name looks like, for messages.</summary>
    public const string Rule = "1 to 128 characters of A-Z a-z 0-9 _ + -";

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-");

    private readonly string? _value;

    /// <exception cref="ArgumentException">The text breaks <see cref="Rule"/>.</exception>
    public PackageName(string value)
    {
        if (!IsValid(value)) throw new ArgumentException($"'{value}' is not a package name: {Rule}.", nameof(value));
        _value = value;
    }

    private PackageName(string value, bool _) => _value = value;

    public string Value => _value ?? "";

    public static bool IsValid([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Alphabet);

    public static bool TryParse([NotNullWhen(true)] string? text, out PackageName name)
    {
        bool valid = IsValid(text);
        name = valid ? new PackageName(text!, true) : default;
        return valid;
    }

    public int CompareTo(PackageName other) => string.CompareOrdinal(Value, other.Value);

    public static bool operator <(PackageName left, PackageName right) => left.CompareTo(right) < 0;
    public static bool operator >(PackageName left, PackageName right) => left.CompareTo(right) > 0;
    public static bool operator <=(PackageName left, PackageName right) => left.CompareTo(right) <= 0;
    public static bool operator >=(PackageName left, PackageName right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value;
}
