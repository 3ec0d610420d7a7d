using Quern.Model;
using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <summary>A Branch program that has logged in.</summary>
public sealed class BranchClient(BranchRole role, BranchDialect dialect, string group, string remote, DateTimeOffset connectedAt)
{
    /// <summary>Characters of a name.</summary>
    public const int MaxName = 64;

    private const string Nameless = "unnamed";

    public BranchRole Role { get; } = role;

    public BranchDialect Dialect { get; } = dialect;

    /// <summary>V2: the version of the protocol that it named, 0 or 1.</summary>
    public long Version { get; init; }

    /// <summary>Behind the key that it showed.</summary>
    public string Group { get; } = group;

    /// <summary>Where it came from, for people.</summary>
    public string Remote { get; } = remote;

    public DateTimeOffset ConnectedAt { get; } = connectedAt;

    /// <summary>What it calls itself; not unique. Set by its own connection alone; V1 clients may change it.</summary>
    public string Name { get; private set; } = Nameless;

    /// <summary>Whoever asks over HTTP; null for a program on the socket, whose group and name say what it may and who it is.</summary>
    public BranchPerson? Person { get; init; }

    public Actor Actor => Person?.Actor ?? new(ActorPrefix + Name);

    /// <summary>Begins the name of every actor that came over this protocol.</summary>
    internal const string ActorPrefix = "branch:";

    /// <summary>Takes a name of V1, where every name is taken: what cannot stand in one becomes a line.</summary>
    internal void Rename(string name)
    {
        string cut = name.Length <= MaxName ? name : name[..MaxName];
        string clean = string.Concat(cut.Select(c => IsNameCharacter(c) ? c : '_')).Trim();
        Name = clean.Length == 0 ? Nameless : clean;
    }

    /// <summary>1 to 64 letters, digits, blanks and <c>. _ - @ + :</c>, which is stricter than the original.</summary>
    internal static bool IsName(string name) => name.Length is > 0 and <= MaxName && name.All(IsNameCharacter) && name.Trim().Length > 0;

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is ' ' or '.' or '_' or '-' or '@' or '+' or ':';
}
