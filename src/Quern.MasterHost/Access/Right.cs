using System.Collections.Immutable;

namespace Quern.MasterHost.Access;

/// <summary>What a principal may do: <c>area:action</c>. The words are stored with tokens, so they stay as they are.</summary>
public static class Right
{
    /// <summary>Everything, also what later versions add.</summary>
    public const string All = "*";

    public const string FarmRead = "farm:read";
    public const string JobRead = "job:read";
    public const string JobSubmit = "job:submit";
    public const string JobCancel = "job:cancel";

    /// <summary>Submit explicit plans: any command on any worker.</summary>
    public const string PlanRun = "plan:run";

    public const string BuilderRead = "builder:read";

    /// <summary>Run what the configuration describes, with properties of one's own.</summary>
    public const string BuilderRun = "builder:run";

    public const string RecipeRead = "recipe:read";
    public const string RecipeWrite = "recipe:write";
    public const string PackageRead = "package:read";

    /// <summary>Publish packages that this farm did not build.</summary>
    public const string PackageWrite = "package:write";

    public const string SourceRead = "source:read";
    public const string SourceWrite = "source:write";
    public const string WorkerRead = "worker:read";
    public const string WorkerWrite = "worker:write";
    public const string ListenerRead = "listener:read";
    public const string ListenerWrite = "listener:write";
    public const string EventRead = "event:read";

    /// <summary>Unlock users and set their passwords; those of superusers are for superusers alone.</summary>
    public const string UserUpdate = "user:update";

    public const string UserResetTotp = "user:reset-totp";

    public static ImmutableArray<string> Known { get; } =
    [
        FarmRead, JobRead, JobSubmit, JobCancel, PlanRun, BuilderRead, BuilderRun, RecipeRead, RecipeWrite, PackageRead, PackageWrite, SourceRead, SourceWrite,
        WorkerRead, WorkerWrite, ListenerRead, ListenerWrite, EventRead, UserUpdate, UserResetTotp,
    ];
}
