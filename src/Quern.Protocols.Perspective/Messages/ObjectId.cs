namespace Quern.Protocols.Perspective;

/// <summary>Names an object of the receiver of a call: a number it handed out, or the name of a published object.</summary>
/// <param name="Number">The number when <paramref name="Name"/> is null.</param>
/// <param name="Name">A published name; the only one in use is <c>root</c>.</param>
public readonly record struct ObjectId(long Number, string? Name)
{
    /// <summary>What a server publishes.</summary>
    public static ObjectId Root { get; } = new(0, "root");

    /// <summary>An object that was handed out.</summary>
    public static implicit operator ObjectId(long number) => new(number, null);

    /// <summary>An object that was handed out.</summary>
    public static ObjectId FromInt64(long number) => new(number, null);

    /// <summary>The name, or the number.</summary>
    public override string ToString() => Name ?? Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
