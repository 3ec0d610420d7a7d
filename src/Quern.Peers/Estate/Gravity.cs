using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Estate;

/// <summary>What makes a judged act grave: one function for each, the same for every door.</summary>
public static class Gravity
{
    /// <summary>The rights that something grave takes, and the one to run any command.</summary>
    private static readonly ImmutableArray<string> s_grave =
        [.. EstateActs.All.Where(a => a.Weight != ActWeight.Light && a != EstateActs.TokenCreate).SelectMany(a => a.Rights).Append(Right.PlanRun).Distinct()];

    /// <summary>The own password is asked for with the request; e-mail, phone, the end of a lock and the duty to change a password give nobody power.</summary>
    public static bool Of(UserEdit edit, Caller who) =>
        edit.Disabled is not null || edit.SetsExpiry || !edit.AddRoles.IsEmpty || !edit.RemoveRoles.IsEmpty || (edit.Password is not null && !IsOwn(edit.Name, who));

    /// <param name="user">Empty for the caller.</param>
    public static bool OfTotp(string user, Caller who) => user.Length > 0 && !IsOwn(user, who);

    public static bool Of(GroupEdit edit) => edit.NewOwner is not null || !edit.AddMembers.IsEmpty || !edit.RemoveMembers.IsEmpty;

    public static bool Of(NewToken token) => (token.Rights.IsDefault ? [] : token.Rights).Any(Weighs);

    /// <summary>A token that is not in the list of the own ones is somebody else's, or none.</summary>
    public static async ValueTask<bool> OfTokenAsync(string id, Caller who, ITokenDesk desk, CancellationToken cancellationToken) =>
        (await desk.ListAsync(who, "", cancellationToken))?.Any(t => t.Id == id) != true;

    /// <summary>To start, stop, rename or bound it exposes nothing that was not.</summary>
    public static bool Of(ListenerEdit edit) => edit is not
    {
        Tls: null, OlderTls: null, Address: null, Port: null, NewOwner: null, Revisions: null, AgentAcceptor: null, ClientAcceptor: null,
    };

    public static bool Of(AgentModeration action) => action != AgentModeration.Reject;

    public static bool Of(BannerEdit edit) => edit.Maintenance is not null || edit.Drain;

    private static bool Weighs(string word)
    {
        int at = word.IndexOf('@', StringComparison.Ordinal);
        return s_grave.Any(right => RightWords.Gives(at < 0 ? word : word[..at], right, null));
    }

    private static bool IsOwn(string user, Caller who) => who.Principal.Account.Length > 0 && who.Principal.Name == $"user:{user}";
}
