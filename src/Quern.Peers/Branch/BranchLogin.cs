using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <summary>
/// The conversation up to the login, of either dialect. V1: key, then type, each with its own answer; the name comes after. V2: all
/// at once. A refused attempt may be repeated. No socket and no task, so that it can be tested as a table.
/// </summary>
/// <param name="remote">Where the peer came from.</param>
internal sealed class BranchLogin(IBranchGate gate, string remote, TimeProvider time)
{
    /// <summary>V1: the group behind the key that was shown; null before.</summary>
    private string? _group;

    /// <summary>Attempts that were refused.</summary>
    public int Refusals { get; private set; }

    /// <summary>Set once: who has logged in.</summary>
    public BranchClient? Client { get; private set; }

    /// <summary>The answer to a request of a stranger.</summary>
    /// <param name="request">Read as <see cref="BranchRole.Stranger"/>.</param>
    public BranchAnswer Take(BranchRequest request) => request switch
    {
        BranchRequest.ShowKey r => ShowKey(r.Key),
        BranchRequest.SetType r => SetType(r.Type),
        BranchRequest.LogOn r => LogOn(r),
        BranchRequest.Malformed r => r.Answer,
        _ => new BranchAnswer.Reply(BranchReply.UnknownCommand),
    };

    private BranchAnswer.Reply ShowKey(string key)
    {
        if (!gate.AsksForKeys) return new BranchAnswer.Reply(BranchReply.KeyNotAsked);
        if (_group is not null) return new BranchAnswer.Reply(BranchReply.KeyAlreadyShown);
        _group = gate.GroupOf(key);
        return _group is null ? Refuse(BranchReply.KeyRefused, "", "wrong key") : new BranchAnswer.Reply(BranchReply.KeyAccepted);
    }

    private BranchAnswer.Reply SetType(string type)
    {
        if (_group is null && gate.AsksForKeys) return Refuse(BranchReply.KeyRequired, "", "no key");
        string group = _group ?? gate.UntrustedGroup;
        if (RoleOf(type, group, out string problem) is not { } role) return Refuse(BranchReply.TypeRefused, "", problem);
        Client = new BranchClient(role, BranchDialect.V1, group, remote, time.GetUtcNow());
        return new BranchAnswer.Reply(BranchReply.TypeAccepted);
    }

    private BranchAnswer LogOn(BranchRequest.LogOn request)
    {
        // In the order of the original, which decides what a client with two mistakes is told.
        if (request.Version is not (0 or 1))
            return Refuse(BranchReply.VersionRefused, request.Name, $"its protocol version is {request.ShownVersion}", request.ShownVersion);
        string? group = gate.GroupOf(request.Key) ?? (gate.AsksForKeys ? null : gate.UntrustedGroup);
        if (group is null) return Refuse(BranchReply.KeyRefused, request.Name, "wrong key");
        if (!BranchClient.IsName(request.Name)) return Refuse(BranchReply.NameRefused, "", "its name is not permitted");
        if (RoleOf(request.Type, group, out string problem) is not { } role) return Refuse(BranchReply.TypeRefused, request.Name, problem);
        Client = new BranchClient(role, BranchDialect.V2, group, remote, time.GetUtcNow()) { Version = request.Version.Value };
        Client.Rename(request.Name);
        return new BranchAnswer.LoggedOn(BranchTexts.LogonMessage(request.Version.Value));
    }

    /// <summary>Null when the group's clients cannot be that.</summary>
    private BranchRole? RoleOf(string type, string group, out string problem)
    {
        var role = BranchWords.RoleOf(type);
        bool refusedBot = role == BranchRole.Bot && !gate.TakesBots(group);
        problem = refusedBot ? $"the group {group} is not among branch.bots.groups, so it cannot be a build bot" : "it is neither a controller nor a build bot";
        return refusedBot ? null : role;
    }

    private BranchAnswer.Reply Refuse(BranchReply reply, string name, string reason, string argument = "")
    {
        Refusals++;
        gate.Refused(BranchClient.IsName(name) ? name : "", remote, reason);
        return new BranchAnswer.Reply(reply, argument);
    }
}
