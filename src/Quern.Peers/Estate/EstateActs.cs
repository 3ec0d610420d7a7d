using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Estate;

/// <summary>
/// All changes of the estate with their weight: for what is grave a session must have been proved lately (<see cref="ProofRule"/>). Grave is
/// what gives somebody power, takes it from others, lets machines in, or cannot be taken back. The farm's work (jobs, recipes, packages,
/// sources) is none of this.
/// </summary>
public static class EstateActs
{
    /// <summary>Nothing is changed.</summary>
    public static EstateAct None { get; } = new("none", ActWeight.Light, "nothing is changed");

    /// <summary>Signing in and out, and the own account: the password is asked for with the request where it matters.</summary>
    public static EstateAct Own { get; } = new("account.own", ActWeight.Light, "the request itself asks for the password where it matters");

    public static EstateAct UserCreate { get; } = new("user.create", ActWeight.Grave, "somebody gets in who could not", Right.UserCreate);

    public static EstateAct UserUpdate { get; } = new(
        "user.update", ActWeight.Judged, "disabling, enabling, end date, roles; the password of somebody else", Right.UserUpdate);

    public static EstateAct UserDelete { get; } = new("user.delete", ActWeight.Grave, "it cannot be taken back", Right.UserDelete);

    public static EstateAct UserResetTotp { get; } = new("user.reset-totp", ActWeight.Judged, "the one-time codes of somebody else", Right.UserResetTotp);

    public static EstateAct GroupCreate { get; } = new("group.create", ActWeight.Light, "a new group has nothing in it", Right.GroupCreate);

    public static EstateAct GroupUpdate { get; } = new("group.update", ActWeight.Judged, "owner and members: they have rights in it", Right.GroupUpdate);

    public static EstateAct GroupDelete { get; } = new("group.delete", ActWeight.Grave, "it cannot be taken back", Right.GroupDelete);

    public static EstateAct RolePut { get; } = new("role.put", ActWeight.Grave, "all who have the role may do something else", Right.RoleManage);

    public static EstateAct RoleDelete { get; } = new("role.delete", ActWeight.Grave, "the same", Right.RoleManage);

    public static EstateAct TokenCreate { get; } = new(
        "token.create", ActWeight.Judged, "a token with a right that something grave takes, or to run any command: nobody asks the token again", Right.TokenOwn);

    public static EstateAct TokenRevoke { get; } = new("token.revoke", ActWeight.Judged, "the token of somebody else", Right.TokenManage);

    public static EstateAct SessionEnd { get; } = new("session.end", ActWeight.Light, "it must be quick, and is made good by signing in", Right.SessionManage);

    public static EstateAct ListenerCreate { get; } = new("listener.create", ActWeight.Grave, "the farm can be reached where it could not", Right.ListenerCreate);

    public static EstateAct ListenerUpdate { get; } = new(
        "listener.update", ActWeight.Judged, "certificate, address, port, owner, protocol revisions, whom it lets in", Right.ListenerUpdate);

    public static EstateAct ListenerDelete { get; } = new("listener.delete", ActWeight.Grave, "it cannot be taken back", Right.ListenerDelete);

    public static EstateAct KeyCreate { get; } = new("enrolment-key.create", ActWeight.Grave, "whoever has it lets a machine in", Right.AgentApprove);

    public static EstateAct KeyRevoke { get; } = new("enrolment-key.revoke", ActWeight.Grave, "machines that were given it stay outside", Right.AgentApprove);

    public static EstateAct AgentModerate { get; } = new("agent.moderate", ActWeight.Judged, "approve, revoke, forget", Right.AgentApprove);

    public static EstateAct AgentCare { get; } = new("agent.care", ActWeight.Light, "rename, drain, resume, rotate: what runs goes on", Right.AgentApprove);

    public static EstateAct AgentUpgrade { get; } = new("agent.upgrade", ActWeight.Grave, "machines run a program that was given along", Right.AgentDeploy);

    public static EstateAct AgentBuild { get; } = new("agent.build", ActWeight.Grave, "an enrolment key is made, and machines may be entered", Right.AgentBuild, Right.AgentDeploy);

    /// <summary>Also reading it: nothing else that can be read lets anybody in.</summary>
    public static EstateAct AgentArtifact { get; } = new("agent.artifact", ActWeight.Grave, "whoever has the file, or a link to it, has the enrolment key in it", Right.AgentBuild);

    public static EstateAct AgentPower { get; } = new("agent.power", ActWeight.Grave, "a machine goes off", Right.AgentPower);

    public static EstateAct Banner { get; } = new("banner.update", ActWeight.Judged, "maintenance, and the end of sessions", Right.ServerBanner, Right.ServerMaintenance);

    public static EstateAct WorkerCredential { get; } = new("worker.credential", ActWeight.Grave, "whoever has it lets a machine in", Right.WorkerWrite);

    public static EstateAct WorkerCare { get; } = new("worker.care", ActWeight.Light, "slots and farewell: what runs goes on", Right.WorkerWrite);

    public static ImmutableArray<EstateAct> All { get; } =
    [
        None, Own, UserCreate, UserUpdate, UserDelete, UserResetTotp, GroupCreate, GroupUpdate, GroupDelete, RolePut, RoleDelete, TokenCreate, TokenRevoke,
        SessionEnd, ListenerCreate, ListenerUpdate, ListenerDelete, KeyCreate, KeyRevoke, AgentModerate, AgentCare, AgentUpgrade, AgentBuild, AgentArtifact,
        AgentPower, Banner, WorkerCredential, WorkerCare,
    ];
}
