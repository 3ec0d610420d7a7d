using Quern.Model;

namespace Quern.Storage;

/// <summary>A worker that may join.</summary>
/// <param name="Slots">Jobs at once, 1 or more.</param>
/// <param name="PasswordSha256">Of the secret in UTF-8: it is made by the farm and long, so a plain hash is enough.</param>
/// <param name="Origin"><c>file</c> for what the configuration owns, <see cref="OfAgent"/> for that of an agent, else <c>api</c>.</param>
public sealed record WorkerAccount(WorkerName Name, int Slots, Sha256Hash PasswordSha256, bool Enabled, string Origin)
{
    /// <summary>The origin of an account that belongs to an agent: no password fits it.</summary>
    public const string OfAgent = "agent";

    /// <summary>
    /// MD5 of the secret in UTF-8, as lower-case hex: what a login over Perspective Broker is checked with. Empty for an account
    /// that was made before there was one; it cannot log in that way until its password is set again.
    /// </summary>
    public string PasswordMd5 { get; init; } = "";
}
