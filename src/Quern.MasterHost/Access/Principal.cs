using System.Collections.Immutable;
using Quern.Model;

namespace Quern.MasterHost.Access;

/// <summary>Who asks, and what they may do.</summary>
/// <param name="Name">As the journal keeps it, for instance <c>user:admin</c>.</param>
/// <param name="Rights">Words of <see cref="Right"/>; unknown ones give nothing.</param>
public sealed record Principal(string Name, ImmutableHashSet<string> Rights)
{
    public Actor Actor => new(Name);

    public bool May(string right) => Rights.Contains(Right.All) || Rights.Contains(right);
}
