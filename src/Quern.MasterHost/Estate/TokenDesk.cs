using System.Collections.Immutable;
using System.Net;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>API tokens and sessions. A token of an account never does more than its account may at that moment.</summary>
internal sealed class TokenDesk(FarmStore store, TokenBook tokens, AccountSettings settings, RefusalBook refusals, TimeProvider time) : ITokenDesk
{
    private const int MaxName = 64;
    private const int MaxNetworks = 16;

    /// <summary>Of one account at once: the list is for people to look through.</summary>
    private const int MaxTokens = 200;

    /// <summary>Beyond it an end date is a mistyped one.</summary>
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(36_525);

    public async Task<TokenMade> CreateAsync(Caller who, NewToken token, CancellationToken cancellationToken)
    {
        var made = await MakeAsync(who, token, cancellationToken);
        await refusals.PassAsync(who, "token.create", "", Task.FromResult(made.Answer), cancellationToken);
        return made;
    }

    public Task<ImmutableArray<TokenFacts>?> ListAsync(Caller who, string user, CancellationToken cancellationToken) =>
        ListAsync(who, user, TokenKind.Api, who.May(Right.TokenOwn), Right.TokenManage, "token.list", cancellationToken);

    public Task<ImmutableArray<TokenFacts>?> ListSessionsAsync(Caller who, string user, CancellationToken cancellationToken) =>
        ListAsync(who, user, TokenKind.Session, Grants.OwnAllows(who, Right.SessionManage), Right.SessionManage, "session.list", cancellationToken);

    public Task<EstateAnswer> RevokeAsync(Caller who, string id, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "token.revoke", id, EndAsync(who, id, TokenKind.Api, who.May(Right.TokenOwn), Right.TokenManage, cancellationToken), cancellationToken);

    public Task<EstateAnswer> EndSessionAsync(Caller who, string id, CancellationToken cancellationToken) => refusals.PassAsync(who, "session.end", id,
        EndAsync(who, id, TokenKind.Session, Grants.OwnAllows(who, Right.SessionManage), Right.SessionManage, cancellationToken), cancellationToken);

    private async Task<TokenMade> MakeAsync(Caller who, NewToken wanted, CancellationToken cancellationToken)
    {
        if (!who.May(Right.TokenOwn)) return new TokenMade(EstateAnswers.Needs(who, Right.TokenOwn));
        if (who.Principal.Account.Length == 0) return new TokenMade(EstateAnswer.Denied("A token belongs to an account, and the one that asks does not; sign in first."));
        if (wanted.Name.Length is 0 or > MaxName || wanted.Name.Any(char.IsControl))
            return Refused(EstateCode.InvalidName, "name", $"A token has a name of 1 to {MaxName} characters, to know it by.");
        ImmutableArray<string> rights = wanted.Rights.IsDefault ? [] : [.. wanted.Rights.Distinct(StringComparer.Ordinal)];
        if (rights.Length is 0 or > Grants.MaxWords) return Refused(EstateCode.InvalidOptions, "rights", $"A token has 1 to {Grants.MaxWords} rights.");
        foreach (string right in rights)
            if (Grants.Problem(right, ofGroups: false) is { } problem) return Refused(EstateCode.InvalidOptions, "rights", problem);
        if (wanted.Lifetime is { } span && (span <= TimeSpan.Zero || span > LongestLifetime))
            return Refused(EstateCode.InvalidExpiration, "expires_at", "The end must be in the future, and not more than a hundred years away.");
        if (Networks(wanted.Networks, out var networks) is { } network) return Refused(EstateCode.InvalidAddress, "networks", network);
        if (Grants.FirstBeyond(who, rights) is { } beyond)
            return new TokenMade(EstateAnswer.Denied($"The token would have '{beyond}', which {who.Principal.Name} does not have.") with { Field = "rights" });
        if ((await store.ListTokensAsync(who.Principal.Account, cancellationToken)).Count(t => t.Kind == TokenKind.Api) >= MaxTokens)
            return Refused(EstateCode.QueueFull, "", $"The account has {MaxTokens} tokens; revoke some first.");

        var lifetime = Shorter(wanted.Lifetime, settings.TokenMax);
        if (who.Principal.Kind == TokenKind.Api)
        {
            // What is for a time and for some networks makes nothing that is for longer or for others.
            if (await store.FindTokenAsync(who.Principal.TokenId, cancellationToken) is not { } maker) return Over();
            lifetime = Shorter(lifetime, maker.ExpiresAt - time.GetUtcNow());
            if (networks.IsEmpty) networks = maker.Networks;
            else if (!maker.Networks.IsEmpty && !networks.All(n => maker.Networks.Any(m => LiesWithin(n, m))))
                return Refused(EstateCode.InvalidAddress, "networks", $"The token that asks is for {string.Join(", ", maker.Networks)}; it makes none for other networks.");
        }
        var (secret, token) = tokens.NewApiToken(who.Principal, wanted.Name, rights, lifetime, networks);
        return await store.SaveTokenAsync(token, who.Principal.TokenId, who.Actor, cancellationToken)
            ? new TokenMade(EstateAnswer.Done(token.Id), secret, token.ExpiresAt)
            : Over();
    }

    private static TokenMade Over() => new(EstateAnswer.Denied("The account is gone or disabled, or the session or token that asks has ended."));

    private static TimeSpan? Shorter(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    private static bool LiesWithin(string network, string outer)
    {
        var (inside, around) = (IPNetwork.Parse(network), IPNetwork.Parse(outer));
        return inside.BaseAddress.AddressFamily == around.BaseAddress.AddressFamily && inside.PrefixLength >= around.PrefixLength && around.Contains(inside.BaseAddress);
    }

    /// <param name="ownMay">Whether the caller may for the own account.</param>
    /// <param name="right">Who has it may for all.</param>
    private async Task<ImmutableArray<TokenFacts>?> ListAsync(
        Caller who, string user, TokenKind kind, bool ownMay, string right, string action, CancellationToken cancellationToken)
    {
        bool own = who.Principal.Account.Length > 0 && (user.Length == 0 || who.Principal.Name == $"user:{user}");
        if (!(own && ownMay) && !who.May(right))
        {
            await refusals.NoteAsync(who.Actor, action, "", "denied", cancellationToken);
            return null;
        }
        string id = own ? who.Principal.Account : AccountRules.KnownName(user) is null && await store.FindAccountAsync(user, cancellationToken) is { } account ? account.Id : "";
        if (id.Length == 0) return [];
        var now = time.GetUtcNow();
        return [.. (await store.ListTokensAsync(id, cancellationToken)).Where(t => t.Kind == kind && !t.IsOver(now)).Select(t => FactsOf(t, who))];
    }

    /// <summary>Whether it is there is told to those alone who may end it.</summary>
    private async Task<EstateAnswer> EndAsync(Caller who, string id, TokenKind kind, bool ownMay, string right, CancellationToken cancellationToken)
    {
        var token = id.Length is > 0 and <= 64 && id.All(char.IsAsciiHexDigitLower) ? await store.FindTokenAsync(id, cancellationToken) : null;
        if (token is not null && token.Kind != kind) token = null;
        bool own = token is { Account.Length: > 0 } && token.Account == who.Principal.Account && ownMay;
        if (!own && !who.May(right)) return EstateAnswers.Needs(who, right);
        if (token is null || !await store.RevokeTokenAsync(id, who.Actor, cancellationToken)) return new EstateAnswer(EstateCode.NotFound, "There is none of that id.", "id");
        tokens.Forget();
        return EstateAnswer.Done(id);
    }

    /// <summary>What is wrong with the networks, else null; and each in its one form.</summary>
    private static string? Networks(ImmutableArray<string> given, out ImmutableArray<string> normal)
    {
        normal = [];
        if (given.IsDefaultOrEmpty) return null;
        if (given.Length > MaxNetworks) return $"A token has at most {MaxNetworks} networks.";
        var read = ImmutableArray.CreateBuilder<string>();
        foreach (string text in given)
        {
            string whole = IPAddress.TryParse(text, out var single) ? $"{single}/{(single.GetAddressBytes().Length * 8)}" : text;
            if (whole.Length > 64 || !IPNetwork.TryParse(whole, out var network)) return "A network is an address or has the form 192.0.2.0/24 or 2001:db8::/32.";
            read.Add($"{network}");
        }
        normal = read.ToImmutable();
        return null;
    }

    private static TokenFacts FactsOf(StoredToken t, Caller who) => new(
        t.Id, t.Name, t.Principal["user:".Length..], TokenBook.WordsOf(t), t.CreatedAt, t.ExpiresAt is null || t.IdleUntil < t.ExpiresAt ? t.IdleUntil ?? t.ExpiresAt : t.ExpiresAt)
    {
        LastUsedAt = t.LastUsedAt,
        Address = t.Address,
        Product = t.Product,
        Networks = t.Networks,
        Current = t.Id == who.Principal.TokenId,
    };

    private static TokenMade Refused(EstateCode code, string field, string detail) => new(EstateAnswers.Refused(code, field, detail));
}
