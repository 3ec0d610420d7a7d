namespace Quern.Storage;

/// <summary>What everybody is shown before signing in.</summary>
/// <param name="Image">PNG; empty for none.</param>
/// <param name="Maintenance">Only those may sign in who have the right to.</param>
public sealed record StoredBanner(string Message, ReadOnlyMemory<byte> Image, bool Maintenance)
{
    /// <summary>When sessions end whose accounts may not sign in now; null when they do not.</summary>
    public DateTimeOffset? DrainAt { get; init; }
}
