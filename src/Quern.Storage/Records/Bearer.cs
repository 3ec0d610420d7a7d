using System.Collections.Immutable;

using Quern.Model;

namespace Quern.Storage;

/// <summary>A token with what stands behind it at this moment.</summary>
/// <param name="Account">Null for a token of the farm itself, and for one whose account is gone.</param>
/// <param name="FarmRights">Rights of the account's roles.</param>
/// <param name="GroupRights">Rights that the account has within a group, by the group's name.</param>
public sealed record Bearer(
    StoredToken Token, StoredAccount? Account, ImmutableArray<string> FarmRights, ImmutableArray<(string Group, string Right)> GroupRights);
