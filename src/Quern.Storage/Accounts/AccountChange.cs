using System.Collections.Immutable;

namespace Quern.Storage;

/// <summary>What came of a change of accounts, groups or roles. In every case but the first two nothing was changed.</summary>
public abstract record AccountChange
{
    private AccountChange() { }

    /// <param name="TokensEnded">Sessions and API tokens that ended by it.</param>
    public sealed record Saved(long Revision, int TokensEnded = 0) : AccountChange;

    public sealed record Removed(int TokensEnded = 0) : AccountChange;

    public sealed record NotFound : AccountChange;

    /// <summary>Somebody else changed it since it was read.</summary>
    /// <param name="Revision">Of now.</param>
    public sealed record Outdated(long Revision) : AccountChange;

    public sealed record NameTaken : AccountChange;

    /// <summary>A role or account that the change names is not there, or is of the wrong scope.</summary>
    public sealed record Unknown(string Name) : AccountChange;

    /// <summary>No enabled superuser without an end date would be left.</summary>
    public sealed record LastSuperuser : AccountChange;

    /// <summary>The account owns these groups and listeners, which would be left without an owner.</summary>
    /// <param name="What">For people: kind and name of each.</param>
    public sealed record OwnsResources(ImmutableArray<string> What) : AccountChange;

    /// <summary>The group has so many agents, and nobody said which group takes them.</summary>
    public sealed record HasAgents(int Agents) : AccountChange;

    /// <summary>A group has exactly one owner; the change names none or several.</summary>
    public sealed record NotOneOwner : AccountChange;

    /// <summary>The role comes with the program.</summary>
    public sealed record BuiltIn : AccountChange;

    /// <summary>So many accounts have the role.</summary>
    public sealed record InUse(int Accounts) : AccountChange;
}
