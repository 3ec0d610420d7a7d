using Quern.Model;

namespace Quern.Storage;

/// <summary>Who wanted a change, for the journal.</summary>
/// <param name="Address">Where from; empty for the farm itself.</param>
/// <param name="Door">By which way in, for instance <c>http</c>; empty for the farm itself.</param>
public sealed record Asker(Actor Actor, string Address = "", string Door = "")
{
    public static Asker Farm { get; } = new(Actor.Farm);
}
