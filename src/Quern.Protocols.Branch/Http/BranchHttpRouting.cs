using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Quern.Protocols.Branch;

/// <summary>
/// Which request a path with its query or its fields is. A question by GET is named by the first name of the query and its value
/// (<c>/?get=package&amp;pkgname=zlib</c>), one by POST by the path.
/// </summary>
public static class BranchHttpRouting
{
    private static readonly FrozenDictionary<string, Func<BranchHttpFields, BranchHttpRequest>> Gets = new Dictionary<string, Func<BranchHttpFields, BranchHttpRequest>>
    {
        ["packagelist"] = _ => new BranchHttpRequest.PackageList(),
        ["leafpackagelist"] = _ => new BranchHttpRequest.PackageLines(),
        ["package"] = f => new BranchHttpRequest.Package(Named(f), f[BranchHttpKeys.Version] is { Length: > 0 } version ? version : null),
        ["versions"] = f => new BranchHttpRequest.Versions(Named(f)),
        ["packagebuildlist"] = _ => new BranchHttpRequest.RecipeList(),
        ["packagebuild"] = f => new BranchHttpRequest.Recipe(Named(f)),
        ["joblist"] = _ => new BranchHttpRequest.JobList(),
        ["clientlist"] = _ => new BranchHttpRequest.ClientList(),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Func<BranchHttpFields, BranchHttpRequest>> Posts = new Dictionary<string, Func<BranchHttpFields, BranchHttpRequest>>
    {
        ["/auth"] = f => new BranchHttpRequest.LogIn(f[BranchHttpKeys.User], f[BranchHttpKeys.Password]),
        ["/checkauth"] = f => new BranchHttpRequest.CheckKey(KeyOf(f)),
        ["/logoff"] = f => new BranchHttpRequest.LogOff(KeyOf(f)),
        // Before 2023-04-04 the names were those of /auth.
        ["/createuser"] = f => new BranchHttpRequest.CreateUser(
            KeyOf(f), f[BranchHttpKeys.NewUser] ?? f[BranchHttpKeys.User], f[BranchHttpKeys.NewPassword] ?? f[BranchHttpKeys.Password]),
        ["/releasebuild"] = f => new BranchHttpRequest.Build(KeyOf(f), BranchBuildType.Release, f[BranchKeys.PackageName]),
        ["/crossbuild"] = f => new BranchHttpRequest.Build(KeyOf(f), BranchBuildType.Cross, f[BranchKeys.PackageName]),
        ["/build"] = _ => new BranchHttpRequest.Broken(),
        ["/clearcompletedjobs"] = f => new BranchHttpRequest.ClearCompleted(KeyOf(f)),
        ["/viewlog"] = f => new BranchHttpRequest.ViewLog(KeyOf(f), f[BranchKeys.LogJob]),
        ["/submitpackagebuild"] = f => new BranchHttpRequest.Submit(KeyOf(f), f[BranchHttpKeys.Recipe]),
        ["/cancelqueuedjob"] = f => new BranchHttpRequest.CancelJob(KeyOf(f), f[BranchKeys.LogJob]),
        ["/cancelqueuedjobs"] = f => new BranchHttpRequest.CancelAll(KeyOf(f)),
        ["/deletepackage"] = f => new BranchHttpRequest.Delete(KeyOf(f), f[BranchKeys.PackageName]),
        ["/clientinfo"] = f => new BranchHttpRequest.ClientInfo(KeyOf(f), f[BranchHttpKeys.ClientName]),
    }.ToFrozenDictionary();

    /// <summary>The paths that take a POST.</summary>
    public static ImmutableArray<string> PostPaths { get; } = [.. Posts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether a query is a question of this API: its first name is <c>get</c>.</summary>
    /// <param name="query">Without the question mark.</param>
    public static bool IsQuestion(ReadOnlySpan<char> query)
    {
        query = query.TrimStart('&');
        return query.StartsWith(BranchHttpKeys.Get) && (query.Length == BranchHttpKeys.Get.Length || query[BranchHttpKeys.Get.Length] is '=' or '&');
    }

    /// <param name="path">Decoded, from the slash on.</param>
    /// <param name="query">As it came, without the question mark.</param>
    public static BranchHttpRequest ReadGet(string path, ReadOnlySpan<char> query)
    {
        if (path != "/") return new BranchHttpRequest.Refused(BranchHttpReply.BadRequest);
        if (query.IsEmpty) return new BranchHttpRequest.Front();
        if (!IsQuestion(query) || !BranchHttpFields.TryReadQuery(query, out var fields)) return new BranchHttpRequest.Refused(BranchHttpReply.BadRequest);
        return Gets.TryGetValue(fields[BranchHttpKeys.Get] ?? "", out var read) ? read(fields) : new BranchHttpRequest.Refused(BranchHttpReply.BadGet);
    }

    public static BranchHttpRequest ReadPost(string path, BranchHttpFields fields) =>
        Posts.TryGetValue(path, out var read) ? read(fields) : new BranchHttpRequest.Refused(BranchHttpReply.BadRequest);

    private static string? Named(BranchHttpFields fields) => fields[BranchKeys.PackageName] is { Length: > 0 } name ? name : null;

    private static string? KeyOf(BranchHttpFields fields) => fields[BranchHttpKeys.Key];
}
