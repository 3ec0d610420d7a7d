using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>What a principal may do: <c>area:action</c>. The words are stored with roles and tokens, so they stay as they are.</summary>
/// <remarks>
/// The words for people, groups, listeners and agents are those of the administration protocol ("Authorization matrix"); reading there is
/// called <c>list</c>.
/// </remarks>
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
    public const string EventRead = "event:read";

    public const string UserCreate = "user:create";

    /// <summary>Change and unlock users and set their passwords; superusers are for superusers alone.</summary>
    public const string UserUpdate = "user:update";

    public const string UserDelete = "user:delete";
    public const string UserList = "user:list";
    public const string UserResetTotp = "user:reset-totp";
    public const string GroupCreate = "group:create";
    public const string GroupUpdate = "group:update";
    public const string GroupDelete = "group:delete";
    public const string GroupList = "group:list";
    public const string RoleList = "role:list";

    /// <summary>Make, change and remove roles, up to the own rights.</summary>
    public const string RoleManage = "role:manage";

    /// <summary>Make, list and revoke the own API tokens.</summary>
    public const string TokenOwn = "token:own";

    public const string TokenManage = "token:manage";
    public const string SessionManage = "session:manage";
    public const string ListenerCreate = "listener:create";
    public const string ListenerUpdate = "listener:update";
    public const string ListenerDelete = "listener:delete";
    public const string ListenerList = "listener:list";

    /// <summary>Build programs that join as agents of a group.</summary>
    public const string AgentBuild = "agent:build";

    /// <summary>Bring them to a machine over SSH.</summary>
    public const string AgentDeploy = "agent:deploy";

    public const string AgentList = "agent:list";

    /// <summary>Let agents in, turn them away, revoke their certificates; make enrolment keys.</summary>
    public const string AgentApprove = "agent:approve";

    /// <summary>Switch agents' machines off or start them anew.</summary>
    public const string AgentPower = "agent:power";

    public const string ServerBanner = "server:banner";

    /// <summary>Switch maintenance on and off, and sign in while it is on.</summary>
    public const string ServerMaintenance = "server:maintenance";

    public const string AuditRead = "audit:read";

    /// <summary>What is built, and how far it has come; all other areas are of the estate: people, machines, doors.</summary>
    private static readonly ImmutableArray<string> s_work = ["farm", "job", "plan", "builder", "recipe", "package", "source", "event"];

    /// <summary>Whether a right is over the estate rather than over the farm's work. True for an area that nobody has sorted yet.</summary>
    public static bool IsOfEstate(string right) => !s_work.Contains(right.Split(':')[0]);

    public static ImmutableArray<string> Known { get; } =
    [
        FarmRead, JobRead, JobSubmit, JobCancel, PlanRun, BuilderRead, BuilderRun, RecipeRead, RecipeWrite, PackageRead, PackageWrite, SourceRead, SourceWrite,
        WorkerRead, WorkerWrite, EventRead, UserCreate, UserUpdate, UserDelete, UserList, UserResetTotp, GroupCreate, GroupUpdate, GroupDelete, GroupList, RoleList,
        RoleManage, TokenOwn, TokenManage, SessionManage, ListenerCreate, ListenerUpdate, ListenerDelete, ListenerList, AgentBuild, AgentDeploy, AgentList,
        AgentApprove, AgentPower, ServerBanner, ServerMaintenance, AuditRead,
    ];
}
