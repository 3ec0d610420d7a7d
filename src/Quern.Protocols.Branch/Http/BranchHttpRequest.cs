namespace Quern.Protocols.Branch;

/// <summary>What is asked of the HTTP API. A value that did not come is null; who answers says which one is missing.</summary>
public abstract record BranchHttpRequest
{
    private BranchHttpRequest() { }

    /// <summary>The address without any question.</summary>
    public sealed record Front : BranchHttpRequest;

    /// <summary>Whether the API may be asked from pages of other places.</summary>
    public sealed record Options : BranchHttpRequest;

    /// <summary>No request of this API.</summary>
    /// <param name="Answer">What the peer is told.</param>
    public sealed record Refused(BranchHttpReply Answer) : BranchHttpRequest;

    public sealed record PackageList : BranchHttpRequest;

    /// <summary>The list of packages in its old form.</summary>
    public sealed record PackageLines : BranchHttpRequest;

    /// <summary>A package file.</summary>
    /// <param name="RealVersion">Null for the newest.</param>
    public sealed record Package(string? Name, string? RealVersion) : BranchHttpRequest;

    public sealed record Versions(string? Name) : BranchHttpRequest;

    /// <summary>Names that have a recipe.</summary>
    public sealed record RecipeList : BranchHttpRequest;

    public sealed record Recipe(string? Name) : BranchHttpRequest;

    public sealed record JobList : BranchHttpRequest;

    public sealed record ClientList : BranchHttpRequest;

    /// <summary>Asks for a key.</summary>
    public sealed record LogIn(string? User, string? Password) : BranchHttpRequest;

    /// <summary>Asks whether a key is good.</summary>
    public sealed record CheckKey(string? Key) : BranchHttpRequest;

    /// <summary>The endpoint that fails in the original, whatever it is sent.</summary>
    public sealed record Broken : BranchHttpRequest;

    /// <summary>What only holders of a key may ask.</summary>
    public abstract record Keyed(string? Key) : BranchHttpRequest;

    public sealed record LogOff(string? Key) : Keyed(Key);

    public sealed record CreateUser(string? Key, string? User, string? Password) : Keyed(Key);

    public sealed record Build(string? Key, BranchBuildType Type, string? Name) : Keyed(Key);

    public sealed record ClearCompleted(string? Key) : Keyed(Key);

    public sealed record ViewLog(string? Key, string? Job) : Keyed(Key);

    /// <param name="Text">A recipe file.</param>
    public sealed record Submit(string? Key, string? Text) : Keyed(Key);

    public sealed record CancelJob(string? Key, string? Job) : Keyed(Key);

    public sealed record CancelAll(string? Key) : Keyed(Key);

    public sealed record Delete(string? Key, string? Name) : Keyed(Key);

    public sealed record ClientInfo(string? Key, string? Name) : Keyed(Key);
}
