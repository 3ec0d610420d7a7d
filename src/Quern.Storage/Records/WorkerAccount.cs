using Quern.Model;

namespace Quern.Storage;

/// <summary>A worker that may join.</summary>
/// <param name="Slots">Jobs at once, 1 or more.</param>
/// <param name="PasswordSha256">
/// Of a secret that the farm made, in UTF-8: it is long and random, so a plain hash is enough. The default where there is no such secret:
/// the password was brought from elsewhere, or stands in the configuration file, or there is none.
/// </param>
/// <param name="Origin"><see cref="OfFile"/> for what the configuration owns, <see cref="OfAgent"/> for that of an agent, else <see cref="OfApi"/>.</param>
public sealed record WorkerAccount(WorkerName Name, int Slots, Sha256Hash PasswordSha256, bool Enabled, string Origin)
{
    /// <summary>The origin of an account that the configuration file names: nothing of its password is stored.</summary>
    public const string OfFile = "file";

    /// <summary>The origin of an account that somebody made.</summary>
    public const string OfApi = "api";

    /// <summary>The origin of an account that belongs to an agent: no password fits it.</summary>
    public const string OfAgent = "agent";

    /// <summary>
    /// MD5 of the secret in UTF-8, as lower-case hex: what a login over Perspective Broker is checked with. Only of a secret that the farm
    /// made; empty too for one of before there was this, which cannot log in that way until it is made again.
    /// </summary>
    public string PasswordMd5 { get; init; } = "";

    /// <summary>The slow hash of a password that was brought from elsewhere, with its salt and cost; empty for none.</summary>
    public string PasswordHash { get; init; } = "";

    /// <summary>MD5 of a password that was brought, as <see cref="PasswordMd5"/>, encrypted by whoever stores it; empty for none.</summary>
    public string SealedMd5 { get; init; } = "";
}
