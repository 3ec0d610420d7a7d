using System.Collections.Immutable;

namespace Quern.Storage;

/// <summary>Who signs the certificates of a group's agents.</summary>
/// <param name="Team">The group's id.</param>
/// <param name="Certificate">DER.</param>
/// <param name="PrivateKey">Encrypted; the storage cannot read it.</param>
public sealed record StoredAuthority(string Id, string Team, ImmutableArray<byte> Certificate, string PrivateKey)
{
    /// <summary>Without its key.</summary>
    public override string ToString() => $"{Id} of {Team}";
}
