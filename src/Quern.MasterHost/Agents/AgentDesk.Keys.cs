using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Quern.MasterHost.Api;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <content>Enrolment keys.</content>
internal sealed partial class AgentDesk
{
    public const string KeyPrefix = "quern_agent_";
    private const int SecretBytes = 32;
    private const int IdLength = 16;
    private const int MaxUses = 1000;
    private const int MaxNetworks = 16;
    private const int MaxTags = 32;
    private const int MaxNote = 200;
    private static readonly TimeSpan s_usualLifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    public async Task<EnrolmentKeyMade> CreateKeyAsync(Caller who, NewEnrolmentKey key, CancellationToken cancellationToken)
    {
        var group = (await store.ListGroupsAsync(cancellationToken)).FirstOrDefault(g => IsOf(g.Id, g.Name, key.Group));
        if (group is null && who.May(Right.AgentApprove)) return new EnrolmentKeyMade(new EstateAnswer(EstateCode.UnknownGroup, $"There is no group '{key.Group}'. Make one, 'quern group add NAME', or take one of those that 'quern group list' shows.", "group"));
        if (group is null || !who.May(Right.AgentApprove, group.Name))
            return new EnrolmentKeyMade(EstateAnswer.Denied($"This needs the right '{Right.AgentApprove}' in the group '{key.Group}'."));
        if (Problem(key) is { } problem) return new EnrolmentKeyMade(problem);

        string secret = KeyPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        var hash = HashOf(secret);
        var stored = new StoredEnrolmentKey(IdOf(hash), hash, group.Id, time.GetUtcNow() + (key.Lifetime == TimeSpan.Zero ? s_usualLifetime : key.Lifetime))
        {
            Group = group.Name,
            MaxUses = Math.Max(1, key.MaxUses),
            RequireApproval = key.RequireApproval,
            Networks = [.. Given(key.Networks).Select(n => IPNetwork.Parse(n).ToString())],
            Tags = Given(key.Tags),
            Slots = Math.Max(1, key.Slots),
            Note = key.Note,
        };
        return await store.SaveEnrolmentKeyAsync(stored, who.Actor, cancellationToken)
            ? new EnrolmentKeyMade(EstateAnswer.Done(stored.Id), secret, stored.ExpiresAt)
            : new EnrolmentKeyMade(new EstateAnswer(EstateCode.UnknownGroup, $"The group '{key.Group}' was removed in this moment.", "group"));
    }

    public async Task<ImmutableArray<EnrolmentKeyFacts>> ListKeysAsync(Caller who, string group, CancellationToken cancellationToken) =>
    [
        .. (await store.ListEnrolmentKeysAsync(cancellationToken))
            .Where(k => who.May(Right.AgentApprove, k.Group) && (group.Length == 0 || IsOf(k.Team, k.Group, group)))
            .Select(FactsOf),
    ];

    public async Task<EstateAnswer> RevokeKeyAsync(Caller who, string id, CancellationToken cancellationToken)
    {
        // No id has anything else in it, and no database is asked for it.
        bool isId = id.Length == IdLength && id.All(char.IsAsciiHexDigitLower);
        if (!isId || await store.FindEnrolmentKeyAsync(id, cancellationToken) is not { } key || !who.May(Right.AgentApprove, key.Group))
            return new EstateAnswer(EstateCode.NotFound, "There is no such key.");
        return await store.RevokeEnrolmentKeyAsync(id, who.Actor, cancellationToken)
            ? EstateAnswer.Done(id)
            : new EstateAnswer(EstateCode.InvalidState, "The key was revoked before.");
    }

    private static EstateAnswer? Problem(NewEnrolmentKey key)
    {
        if (key.MaxUses is < 0 or > MaxUses) return Wrong("max_uses", $"A key is good for 1 to {MaxUses} agents.");
        if (key.Lifetime != TimeSpan.Zero && (key.Lifetime < s_shortest || key.Lifetime > s_longest)) return Wrong("lifetime_seconds", "A key lasts from one minute to 30 days.");
        if (key.Slots is < 0 or > WorkerSlots.Max) return Wrong("slots", $"An agent runs 1 to {WorkerSlots.Max} jobs at once.");
        if (key.Note.Length > MaxNote || key.Note.Any(char.IsControl)) return Wrong("note", $"A note has at most {MaxNote} characters, none of them control characters.");
        if (Given(key.Networks).Length > MaxNetworks) return Wrong("networks", $"A key has at most {MaxNetworks} networks.");
        foreach (string network in Given(key.Networks))
            if (!IPNetwork.TryParse(network, out _)) return Wrong("networks", $"'{network}' is not a network like 10.1.0.0/16 or 2001:db8::/48.");
        if (Given(key.Tags).Length > MaxTags) return Wrong("tags", $"An agent has at most {MaxTags} tags.");
        foreach (string tag in Given(key.Tags))
            if (tag.Length is 0 or > 64 || tag.Any(c => c is <= ' ' or > '~' or '|' or ';'))
                return Wrong("tags", $"'{tag}' is not a tag: 1 to 64 printable characters without blank, | and ;.");
        return null;
    }

    private static EstateAnswer Wrong(string field, string detail) => new(EstateCode.InvalidOptions, detail, field);

    private static ImmutableArray<string> Given(ImmutableArray<string> list) => list.IsDefault ? [] : list;

    private static Sha256Hash HashOf(string secret) => Sha256Hash.Of(Encoding.UTF8.GetBytes(secret));

    /// <summary>What a key is called where it may be seen.</summary>
    private static string IdOf(Sha256Hash secret) => secret.Hex[..IdLength];

    private EnrolmentKeyFacts FactsOf(StoredEnrolmentKey key) => new(key.Id, key.Group, StateOf(key), key.ExpiresAt)
    {
        UsesLeft = key.UsesLeft,
        MaxUses = key.MaxUses,
        RequireApproval = key.RequireApproval,
        Networks = key.Networks,
        Tags = key.Tags,
        Slots = key.Slots,
        Note = key.Note,
        CreatedBy = key.CreatedBy,
        CreatedAt = key.CreatedAt,
    };

    private string StateOf(StoredEnrolmentKey key) =>
        key.RevokedAt is not null ? "revoked" : key.UsesLeft <= 0 ? "used" : key.ExpiresAt <= time.GetUtcNow() ? "over" : "good";
}
