namespace Quern.MasterHost.Configuration;

/// <summary>How people sign in.</summary>
public sealed record AccountSettings
{
    /// <summary>Whether everybody must have one-time codes. Off, so that clients of older farms, which cannot send any, get in.</summary>
    public bool RequireTotp { get; init; }

    /// <summary>Whether clients of the administration protocol of before 2021-11-14 may log in. Off: they know no results, and few use them.</summary>
    public bool OldestClients { get; init; }

    /// <summary>A session that nobody uses for so long is over.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>A session is over after so long, however much it is used.</summary>
    public TimeSpan SessionMax { get; init; } = TimeSpan.FromHours(12);

    /// <summary>
    /// How long password and code count for what is grave (<see cref="Peers.Estate.EstateActs"/>); after that a session is asked for them
    /// again. Zero: never asked. As long as an unused session lasts: whoever finds one open has at most that.
    /// </summary>
    public TimeSpan StepUp { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>An API token is over after so long at the latest; null for those that last until they are revoked.</summary>
    public TimeSpan? TokenMax { get; init; }
}
