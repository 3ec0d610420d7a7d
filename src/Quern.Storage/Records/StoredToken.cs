using Quern.Model;

namespace Quern.Storage;

/// <summary>A token by its secret's hash; the secret itself is never stored.</summary>
/// <param name="Principal">Whose it is, for instance <c>user:admin</c>.</param>
/// <param name="Rights">JSON, as the authorization point reads it.</param>
/// <param name="ExpiresAt">Null for never. Whoever looks a token up compares it with the clock.</param>
public sealed record StoredToken(Sha256Hash SecretSha256, string Principal, string Rights, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
