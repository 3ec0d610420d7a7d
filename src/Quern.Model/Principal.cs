using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>Who asks, and what they may do at this moment.</summary>
/// <param name="Name">As the journal keeps it, for instance <c>user:admin</c>.</param>
/// <param name="Rights">Words as roles have them (<see cref="RightWords"/>); unknown ones give nothing. Of an account's token: those of the account.</param>
public sealed record Principal(string Name, ImmutableHashSet<string> Rights)
{
    /// <summary>What the token may do of all this; everything unless it was made for less.</summary>
    public ImmutableHashSet<string> Limit { get; init; } = [Right.All];

    /// <summary>The account's id; empty for a token of the farm itself.</summary>
    public string Account { get; init; } = "";

    /// <summary>The token's id; empty when there is none.</summary>
    public string TokenId { get; init; } = "";

    public TokenKind Kind { get; init; }

    /// <summary>Of a session: when its holder last proved by password and code to be its account; null for others.</summary>
    public DateTimeOffset? ProvedAt { get; init; }

    /// <summary>What must be done before anything else may be.</summary>
    public SignInDuty Duty { get; init; }

    public Actor Actor => new(Name);

    /// <summary>Whether both the account and the token give a right.</summary>
    /// <param name="group">The group that is acted on; null when it is none, or the whole farm.</param>
    public bool May(string right, string? group = null) => Duty == SignInDuty.None && Gives(Rights, right, group) && Gives(Limit, right, group);

    private static bool Gives(ImmutableHashSet<string> words, string right, string? group) =>
        words.Contains(right) || words.Any(word => RightWords.Gives(word, right, group));
}
