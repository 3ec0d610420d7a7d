namespace Quern.WorkerHost;

/// <summary>What <c>create-worker</c> writes into a <c>buildbot.tac</c>. Texts that hold numbers go there as they stand, for they may be octal or <c>None</c>.</summary>
internal sealed record TacSettings
{
    /// <summary><c>.</c> for a folder that may be moved.</summary>
    public required string BaseDirectory { get; init; }

    public required string Host { get; init; }

    public required int Port { get; init; }

    public required string Name { get; init; }

    public required string Password { get; init; }

    /// <summary>Seconds; 0 for none.</summary>
    public required long Keepalive { get; init; }

    public required string Umask { get; init; }

    public required long MaxDelay { get; init; }

    public required string Cpus { get; init; }

    public required string? AllowShutdown { get; init; }

    public required string MaxRetries { get; init; }

    public required bool UseTls { get; init; }

    public required bool DeleteLeftoverDirs { get; init; }

    /// <summary>A description of an endpoint in the place of host and port; null for none.</summary>
    public required string? ConnectionString { get; init; }

    public required string? ProxyConnectionString { get; init; }

    public required string Protocol { get; init; }

    public required long LogBytes { get; init; }

    public required string LogCount { get; init; }

    /// <summary>Whether the worker rotates its log itself.</summary>
    public required bool RotatesLog { get; init; }
}
