namespace Quern.Model;

/// <summary>Who causes a change: a principal's name as the journal keeps it, such as <c>user:admin</c>.</summary>
public readonly record struct Actor(string Name)
{
    private readonly string? _address;
    private readonly string? _door;

    /// <summary>The farm itself.</summary>
    public static Actor Farm { get; } = new("farm");

    /// <summary>Where from, for the journal of changes of the estate; empty where it is not known.</summary>
    public string Address { get => _address ?? ""; init => _address = value; }

    /// <summary>By which way in, such as <c>http</c>; empty where it is not known.</summary>
    public string Door { get => _door ?? ""; init => _door = value; }

    public override string ToString() => Name;
}
