using System.Collections.Immutable;
using System.Text.Json;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>Reads the data of answers and requests; null for what has another shape.</summary>
internal static class BranchShapeReader
{
    /// <summary>The data of a successful answer.</summary>
    public static BranchAnswer? Answer(BranchShape shape, JsonElement data)
    {
        switch (shape)
        {
            case BranchShape.LoggedOn:
                return Text(data, BranchKeys.LogonMessage) is { } message ? new BranchAnswer.LoggedOn(message) : null;
            case BranchShape.PackageBuild:
                return BranchPackageBuildJson.TryRead(data, RecipeLimits.Default, out var build, out _) ? new BranchAnswer.PackageBuild(build) : null;
            case BranchShape.Texts:
                return BranchJsonText.TextsOf(data) is { } texts ? new BranchAnswer.Texts([.. texts]) : null;
            case BranchShape.Tree:
                return BranchJsonText.TextOf(data) is { } tree ? new BranchAnswer.Tree(tree) : null;
            case BranchShape.Dependers:
                return Texts(data, BranchKeys.ReleaseBuild) is { } release && Texts(data, BranchKeys.CrossBuild) is { } cross
                    ? new BranchAnswer.Dependers(release, cross)
                    : null;
            case BranchShape.Jobs:
                return Jobs(data) is { } jobs ? new BranchAnswer.Jobs(jobs) : null;
            case BranchShape.JobLists:
                return Jobs(BranchJsonText.Get(data, BranchKeys.QueuedJobs)) is { } queued &&
                    Jobs(BranchJsonText.Get(data, BranchKeys.RunningJobs)) is { } running &&
                    Jobs(BranchJsonText.Get(data, BranchKeys.CompletedJobs)) is { } completed
                    ? new BranchAnswer.JobLists(queued, running, completed)
                    : null;
            case BranchShape.Clients:
                return Texts(data, BranchKeys.Controllers) is { } controllers && Texts(data, BranchKeys.Buildbots) is { } bots
                    ? new BranchAnswer.Clients(controllers, bots)
                    : null;
            case BranchShape.ClientInfo:
                return Facts(data) is { } facts ? new BranchAnswer.ClientInfo(facts) : null;
            case BranchShape.ExtraSources:
                return List(data, Source) is { } sources ? new BranchAnswer.ExtraSources(sources) : null;
            case BranchShape.ExtraSourceInfo:
                // The published description misspells the key; the programs do not.
                return Text(data, BranchKeys.FileName) is { } file &&
                    (BranchJsonText.WholeOf(BranchJsonText.Get(data, BranchKeys.DataLength)) ??
                        BranchJsonText.WholeOf(BranchJsonText.Get(data, BranchKeys.DataLengthV1))) is { } length
                    ? new BranchAnswer.ExtraSourceInfo(file, length)
                    : null;
            case BranchShape.Deployment:
                return Deployment(data) is { } deployment ? new BranchAnswer.Deployment(deployment) : null;
            case BranchShape.Conflicts:
                return List(data, Conflict) is { } conflicts ? new BranchAnswer.Conflicts(conflicts) : null;
            default:
                return null;
        }
    }

    /// <summary>What a bot or the master says about a machine; null when it is no object, or one beyond the limits.</summary>
    public static ImmutableArray<BranchFact>? Facts(JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Object || data.GetPropertyCount() > BranchLimits.MaxFacts) return null;
        var facts = ImmutableArray.CreateBuilder<BranchFact>();
        foreach (var member in data.EnumerateObject())
        {
            if (NameOf(member) is not { Length: <= BranchLimits.MaxFactCharacters } name) return null;
            bool text = member.Value.ValueKind == JsonValueKind.String;
            if (!text && member.Value.ValueKind is JsonValueKind.Array or JsonValueKind.Object) return null;
            if ((text ? BranchJsonText.TextOf(member.Value) : member.Value.GetRawText()) is not { Length: <= BranchLimits.MaxFactCharacters } value) return null;
            facts.Add(new BranchFact(name, value, text));
        }
        return facts.ToImmutable();
    }

    /// <summary>Steps of a solution; default when they are no array of arrays of texts.</summary>
    public static ImmutableArray<ImmutableArray<string>> Steps(JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Array) return default;
        var steps = ImmutableArray.CreateBuilder<ImmutableArray<string>>(data.GetArrayLength());
        foreach (var step in data.EnumerateArray())
        {
            if (BranchJsonText.TextsOf(step) is not { } names) return default;
            steps.Add([.. names]);
        }
        return steps.MoveToImmutable();
    }

    public static string? Text(JsonElement data, string name) => BranchJsonText.TextOf(BranchJsonText.Get(data, name));

    private static BranchDeployment? Deployment(JsonElement data)
    {
        if (Flag(data, BranchKeys.DeployRealRoot) is not { } real || Flag(data, BranchKeys.DeployCrossRoot) is not { } cross) return null;
        return Texts(data, BranchKeys.RealRootPackages) is { } packages && Text(data, BranchKeys.PackageListUrl) is { } url
            ? new BranchDeployment(real, cross, packages, url)
            : null;
    }

    private static BranchExtraSource? Source(JsonElement data) =>
        Text(data, BranchKeys.Id) is { } id && Text(data, BranchKeys.FileName) is { } file && Text(data, BranchKeys.Description) is { } description
            ? new BranchExtraSource(id, file, description)
            : null;

    private static BranchConflict? Conflict(JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Object || data.GetPropertyCount() != 1) return null;
        var member = data.EnumerateObject().First();
        return NameOf(member) is { } owner && BranchJsonText.TextOf(member.Value) is { } path ? new BranchConflict(owner, path) : null;
    }

    private static BranchJob? Job(JsonElement data) =>
        Text(data, BranchKeys.JobId) is { } id && Text(data, BranchKeys.JobStatus) is { } status &&
        (Text(data, BranchKeys.JobName) ?? Text(data, BranchKeys.JobNameV1)) is { } name && Text(data, BranchKeys.Requester) is { } requester
            ? new BranchJob(id, status, name, requester)
            : null;

    private static ImmutableArray<BranchJob>? Jobs(JsonElement data) => List(data, Job);

    private static ImmutableArray<T>? List<T>(JsonElement data, Func<JsonElement, T?> read)
        where T : class
    {
        if (data.ValueKind != JsonValueKind.Array) return null;
        var items = ImmutableArray.CreateBuilder<T>(data.GetArrayLength());
        foreach (var element in data.EnumerateArray())
        {
            if (read(element) is not { } item) return null;
            items.Add(item);
        }
        return items.MoveToImmutable();
    }

    private static ImmutableArray<string>? Texts(JsonElement data, string name) =>
        BranchJsonText.TextsOf(BranchJsonText.Get(data, name)) is { } texts ? [.. texts] : null;

    private static bool? Flag(JsonElement data, string name) => BranchJsonText.Get(data, name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
