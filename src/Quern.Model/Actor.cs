namespace Quern.Model;

/// <summary>Who causes a change: a principal's name as the journal keeps it, such as <c>user:admin</c>.</summary>
public readonly record struct Actor(string Name)
{
    /// <summary>The farm itself.</summary>
    public static Actor Farm { get; } = new("farm");

    public override string ToString() => Name;
}
