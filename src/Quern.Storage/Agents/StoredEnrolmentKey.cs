using System.Collections.Immutable;
using System.Net;
using Quern.Model;

namespace Quern.Storage;

/// <summary>What lets agents of a group in for the first time. The secret itself is kept nowhere.</summary>
/// <param name="Team">The group's id.</param>
public sealed record StoredEnrolmentKey(string Id, Sha256Hash SecretSha256, string Team, DateTimeOffset ExpiresAt)
{
    /// <summary>The group's name; empty when there is none of that id any more.</summary>
    public string Group { get; init; } = "";

    public string CreatedBy { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public int MaxUses { get; init; } = 1;

    public int UsesLeft { get; init; } = 1;

    public bool RequireApproval { get; init; }

    /// <summary>Where it may be used from, in CIDR form; empty for everywhere.</summary>
    public ImmutableArray<string> Networks { get; init; } = [];

    /// <summary>Tags of the workers that it lets in.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>How many jobs each of them runs at once.</summary>
    public int Slots { get; init; } = 1;

    public string Note { get; init; } = "";

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Whether it may be used from there. What is no network admits nobody.</summary>
    public bool Admits(IPAddress from)
    {
        var address = from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from;
        return Networks.IsEmpty || Networks.Any(n => IPNetwork.TryParse(n, out var network) && network.Contains(address));
    }
}
