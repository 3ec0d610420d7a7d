namespace Quern.Peers.Estate;

/// <summary>What every door shows before somebody signs in, and whether the farm is in maintenance. Survives a restart.</summary>
public interface IBannerDesk
{
    /// <summary>Of this moment; never waits.</summary>
    Banner Current { get; }

    /// <summary>Needs <c>server:banner</c>, for maintenance <c>server:maintenance</c>.</summary>
    Task<EstateAnswer> UpdateAsync(Caller who, BannerEdit edit, CancellationToken cancellationToken);
}

/// <param name="Image">PNG; empty for none.</param>
public sealed record Banner(bool Maintenance, string Version, string Message, ReadOnlyMemory<byte> Image)
{
    /// <summary>Of <see cref="Image"/>; empty when there is none.</summary>
    public ReadOnlyMemory<byte> ImageSha256 { get; init; }
}

/// <summary>Null members stay as they are; empty ones are cleared.</summary>
public sealed record BannerEdit
{
    public string? Message { get; init; }

    public ReadOnlyMemory<byte>? Image { get; init; }

    public bool? Maintenance { get; init; }

    /// <summary>End the sessions of those who may not sign in during maintenance, a minute after it began.</summary>
    public bool Drain { get; init; }
}
