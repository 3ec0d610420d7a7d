using System.Collections.Immutable;

namespace Quern.Peers.Secrets;

/// <summary>The secrets of one running plan.</summary>
/// <param name="Values">Name to value.</param>
/// <param name="Mask">What hides them; null when there are none.</param>
public sealed record PlanSecrets(ImmutableDictionary<string, string> Values, SecretMask? Mask)
{
    public static PlanSecrets None { get; } = new(ImmutableDictionary<string, string>.Empty, null);

    /// <summary>Names only: a record would print its members.</summary>
    public override string ToString() => $"secrets {string.Join(", ", Values.Keys)}";
}
