namespace Quern.WorkerHost;

/// <summary>The settings of a worker's folder, as the <c>Worker</c> or <c>BuildSlave</c> that its <c>buildbot.tac</c> constructs has them.</summary>
/// <remarks>buildbot-commands.md section 5.2. Null means <c>None</c>, or that this age of Buildbot did not have it.</remarks>
internal sealed record TacFile
{
    /// <summary>The master's host; null when a connection string stands in its place.</summary>
    public string? Host { get; init; }

    public int? Port { get; init; }

    public required string Name { get; init; }

    public required string Password { get; init; }

    /// <summary>As written, <c>.</c> for a relocatable folder when it is about to be written.</summary>
    public required string BaseDirectory { get; init; }

    /// <summary>Seconds between signs of life over Perspective Broker; 0 and null for none.</summary>
    public int? Keepalive { get; init; }

    public int? Umask { get; init; }

    /// <summary>Kept for going back; neither stock workers nor this one use it.</summary>
    public int? MaxDelay { get; init; }

    public int? Cpus { get; init; }

    /// <summary><c>signal</c>, <c>file</c> or null.</summary>
    public string? AllowShutdown { get; init; }

    public int? MaxRetries { get; init; }

    public bool UseTls { get; init; }

    public bool DeleteLeftoverDirs { get; init; }

    public string? ConnectionString { get; init; }

    public string? ProxyConnectionString { get; init; }

    /// <summary><c>pb</c> or <c>msgpack_experimental_v7</c>.</summary>
    public string Protocol { get; init; } = "pb";

    /// <summary>Of the WebSocket.</summary>
    public string? Path { get; init; }

    /// <summary>Name of the encoding of texts; null for that of the system, which is UTF-8.</summary>
    public string? UnicodeEncoding { get; init; }

    /// <summary>Null when the file sets none: <c>twistd.log</c> with Twisted's own limits.</summary>
    public TacLog? Log { get; init; }
}
