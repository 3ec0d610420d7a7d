namespace Quern.Storage;

/// <summary>A certificate that was issued to an agent.</summary>
/// <param name="Serial">As upper-case hex, without leading zeros beyond whole bytes.</param>
/// <param name="Agent">Its UUID.</param>
/// <param name="Authority">The id of who signed it.</param>
public sealed record StoredCertificate(string Serial, string Agent, string Authority, DateTimeOffset NotAfter)
{
    public DateTimeOffset IssuedAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }
}
