using Quern.Archives;

namespace Quern.WorkerHost;

/// <summary>How long a bot waits and how much it takes. The originals have no bound on any of it.</summary>
internal sealed record BotLimits
{
    /// <summary>For the answer to a request; a master may read all its packages for the first list of files.</summary>
    public TimeSpan AnswerPatience { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>For an answer to the login: a master of another dialect may say nothing.</summary>
    public TimeSpan LoginPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence of the master while this bot is idle: it asks every 40 s, and a master that throws a bot out does not always close.</summary>
    public TimeSpan IdlePatience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For a file of the master, from its request to its last byte.</summary>
    public TimeSpan TransferTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>For one file over HTTP.</summary>
    public TimeSpan FetchTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>For the recipe's script.</summary>
    public TimeSpan BuildTime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>For every program that does a part of the work besides: copying, stripping, packing, cleaning.</summary>
    public TimeSpan StepTime { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Bytes of the package list.</summary>
    public long MaxListBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of one package file, fetched or built.</summary>
    public long MaxPackageBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of one source. The largest upstream archives of Debian are about 2 GB.</summary>
    public long MaxSourceBytes { get; init; } = 4L << 30;

    /// <summary>What one archive may unpack to.</summary>
    public UnpackLimits Unpack { get; init; } = new();

    /// <summary>Characters of a line of the log; the rest of a longer one is left out.</summary>
    public int MaxLineCharacters { get; init; } = 16 * 1024;

    /// <summary>Characters of a job's log.</summary>
    public long MaxLogCharacters { get; init; } = 64 << 20;

    /// <summary>Whether roots may be overlays; else they are copies everywhere.</summary>
    public bool MayOverlay { get; init; } = true;

    /// <summary>Repetitions of the loop behind the performance rating.</summary>
    public int RatingRounds { get; init; } = 200_000_000;
}
