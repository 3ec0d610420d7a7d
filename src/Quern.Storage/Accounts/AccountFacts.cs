using System.Text.Json.Nodes;
using Quern.Model;

namespace Quern.Storage;

/// <summary>What the journal says of a change of an account: before and after, and of secrets only that they changed.</summary>
internal static class AccountFacts
{
    public static string Changed(StoredAccount? before, StoredAccount? after, int tokensEnded, Actor actor) => EventData.By(actor,
        ("before", before is null ? null : Of(before)), ("after", after is null ? null : Of(after)),
        ("password_changed", before is not null && after is not null && before.PasswordHash != after.PasswordHash ? true : null),
        ("totp_changed", before is not null && after is not null && before.TotpSecret != after.TotpSecret ? true : null),
        ("tokens_ended", tokensEnded == 0 ? null : tokensEnded));

    private static JsonObject Of(StoredAccount account) => new()
    {
        ["name"] = account.Name,
        ["email"] = account.Email,
        ["phone"] = account.Phone,
        ["disabled"] = account.Disabled,
        ["expires_at"] = account.ExpiresAt,
        ["must_change_password"] = account.MustChangePassword,
        ["totp"] = account.TotpEnabled,
        ["roles"] = new JsonArray([.. account.Roles.Select(r => (JsonNode)r)]),
    };
}
