using System.Globalization;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <content>Changing, starting and stopping.</content>
internal sealed partial class ListenerDesk
{
    public async Task<EstateAnswer> UpdateAsync(Caller who, ListenerEdit edit, CancellationToken cancellationToken)
    {
        string subject = ListenerRules.Shown(edit.Listener);
        if (!who.May(Right.ListenerUpdate)) return await AnswerAsync(who, subject, Denied(Right.ListenerUpdate));
        return await AnswerAsync(who, subject, await host.ChangeAsync(() => UpdateAsync(who, edit), cancellationToken));
    }

    private async Task<EstateAnswer> UpdateAsync(Caller who, ListenerEdit edit)
    {
        if (DoorOf(edit.Listener) is not { } door) return NotFound(edit.Listener);
        if (OwnedByFile(door) is { } owned) return owned;
        if (edit.ExpectedRevision != 0 && edit.ExpectedRevision != door.Wanted.Revision) return Outdated(door);
        if (Wanted(door, edit, out var mistake) is not { } wanted) return mistake!;

        bool moved = wanted.Address != door.Wanted.Address || wanted.Port != door.Wanted.Port;
        bool changed = wanted != door.Wanted;
        if (changed && door.IsOfThisRun)
            return new EstateAnswer(EstateCode.InvalidState, "The command line opened this listener for this run alone: it can be started and stopped. For one that is kept, create another.");
        bool another = moved || wanted.Tls != door.Wanted.Tls;
        bool open = edit.Listening ?? edit.Enabled ?? (door.State == ListenerState.Listening || (door.State == ListenerState.Failed && another && wanted.Enabled));
        // Enabling what is open, or disabling what is closed, is no mistake; starting and stopping twice is.
        var input = open ? (door.State == ListenerState.Listening && (edit.Listening is null || moved) ? ListenerInput.Rebind : ListenerInput.Start) : ListenerInput.Stop;
        var step = !open && door.State == ListenerState.Inactive && edit.Listening is null ? new ListenerStep(door.State, ListenerEffect.None) : ListenerMachine.Next(door.State, input);
        if (step.Refusal.Length > 0) return new EstateAnswer(EstateCode.InvalidState, step.Refusal, "listening");
        if (IsLastForPeople(door) && (!open || !ListenerDefaults.LetsPeopleIn(wanted)))
            return new EstateAnswer(EstateCode.InvalidState, LastText(door, "closed"), open ? "client_acceptor" : "listening");

        return step.Effect switch
        {
            ListenerEffect.Open when input == ListenerInput.Start || moved => await OpenAsync(who, door, wanted, edit),
            ListenerEffect.CloseOld => await CloseAsync(who, door, wanted, edit),
            _ => await SettleAsync(who, door, wanted, edit.Listening is null && edit.Enabled is null ? door.State : step.State),
        };
    }

    /// <summary>Binds the port that is wanted, and lets go of the one before once everything is stored.</summary>
    private async Task<EstateAnswer> OpenAsync(Caller who, Door door, StoredListener wanted, ListenerEdit edit)
    {
        // A port that it has itself, at an address that includes the new one or the other way round: that one must be closed first.
        bool inItsOwnWay = door.Port is { } old && ListenerRules.Overlap(door.Wanted with { Port = old.EndPoint.Port }, wanted);
        if (inItsOwnWay) await door.Port!.StopAcceptingAsync();
        var opening = host.Opener.Open(wanted);
        if (opening is PortOpening.Refused refused)
        {
            if (inItsOwnWay) await ReopenAsync(who, door);
            else if (wanted == door.Wanted) await FailAsync(who, door, refused.Why);
            return Refusal(refused, wanted);
        }
        var opened = (PortOpening.Opened)opening;
        var (saved, problem) = await SaveAsync(who, door, wanted);
        if (problem is not null)
        {
            await opened.Port.DisposeAsync();
            if (inItsOwnWay) await ReopenAsync(who, door);
            return problem;
        }
        var now = host.DoorOf(saved!, opened);
        host.Put(now);
        await host.TellAsync(EventKinds.ListenerOpened, now, door.Port is null ? "asked for" : "moved", who.Actor);
        if (door.Port is not null) await LetGoAsync(who, door, "moved", edit.CloseConnections, edit.Drain);
        return DoneWith(saved!);
    }

    private async Task<EstateAnswer> CloseAsync(Caller who, Door door, StoredListener wanted, ListenerEdit edit)
    {
        var (saved, problem) = await SaveAsync(who, door, wanted);
        if (problem is not null) return problem;
        host.Put(new Door(saved!, ListenerState.Inactive));
        await LetGoAsync(who, door, wanted.Enabled ? "stopped" : "switched off", edit.CloseConnections, edit.Drain);
        return DoneWith(saved!);
    }

    /// <summary>A change that needs no other port: who comes from now on meets it.</summary>
    private async Task<EstateAnswer> SettleAsync(Caller who, Door door, StoredListener wanted, ListenerState state)
    {
        string why = "";
        var settled = door.Port is null ? null : host.Opener.Settle(wanted, out why);
        if (why.Length > 0) return new EstateAnswer(EstateCode.InvalidCertificate, why, "tls");
        var (saved, problem) = await SaveAsync(who, door, wanted);
        if (problem is not null) return problem;
        host.Put(door with { Wanted = saved!, State = state, Problem = state == ListenerState.Failed ? door.Problem : "", Certificate = settled?.Certificate });
        if (door.Port is { } port && settled is { } now) port.Settings = now.Settings;
        return DoneWith(saved!);
    }

    /// <summary>What the edit makes of a listener; null, and the answer, when it cannot be.</summary>
    private StoredListener? Wanted(Door door, ListenerEdit edit, out EstateAnswer? mistake)
    {
        var old = door.Wanted;
        var kept = new ListenerLimits(old.MaxConnections, old.MaxPerSecond, old.Handshake);
        var limits = edit.Limits is { } asked
            ? new ListenerLimits(
                asked.Connections < 0 ? kept.Connections : asked.Connections, asked.PerSecond < 0 ? kept.PerSecond : asked.PerSecond,
                asked.Handshake < TimeSpan.Zero ? kept.Handshake : asked.Handshake)
            : kept;
        mistake = (edit.NewName is { } name ? ListenerRules.Name(name) : null) ?? (edit.Address is { } text ? ListenerRules.Address(text) : null) ??
            (edit.Port is { } port ? ListenerRules.Port(port) : null) ?? ListenerRules.Limits(limits);
        if (mistake is not null) return null;
        if (edit.NewOwner is { Length: > 0 } owner && AccountRules.KnownName(owner) is not null)
        {
            mistake = UnknownOwner();
            return null;
        }
        if (edit.NewName is { } named && host.Doors.Any(d => d.Wanted.Id != old.Id && d.Wanted.Name.Equals(named, StringComparison.OrdinalIgnoreCase)))
        {
            mistake = NameTaken(named);
            return null;
        }
        if (RevisionsOf(old.Protocol, edit.Revisions ?? old.Revisions, out mistake) is not { } revisions) return null;
        var tls = old.Tls with { Older = edit.OlderTls ?? old.Tls.Older };
        if (edit.Tls is { } wish)
        {
            if (host.Certificates.Keep(ListenerRules.Tls(old.Protocol, wish), tls.Older, out string why) is not { } closed)
            {
                mistake = BadCertificate(why);
                return null;
            }
            tls = closed;
        }
        string address = edit.Address is { } given && EndPoints.TryParseAddress(given, out var parsed) ? parsed.ToString() : old.Address;
        return old with
        {
            Name = edit.NewName ?? old.Name,
            Address = address,
            Port = edit.Port ?? old.Port,
            Enabled = edit.Enabled ?? old.Enabled,
            // What the file once named and somebody takes up again is the API's.
            Origin = old.Origin == "file" ? "api" : old.Origin,
            Revisions = revisions,
            Tls = tls,
            MaxConnections = limits.Connections,
            MaxPerSecond = limits.PerSecond,
            Handshake = limits.Handshake,
            AgentAcceptor = edit.AgentAcceptor ?? old.AgentAcceptor,
            ClientAcceptor = edit.ClientAcceptor ?? old.ClientAcceptor,
            Owner = edit.NewOwner ?? old.Owner,
        };
    }

    private async Task<(StoredListener? Saved, EstateAnswer? Problem)> SaveAsync(Caller who, Door door, StoredListener wanted) =>
        wanted == door.Wanted ? (wanted, null) : await StoreAsync(store.UpdateListenerAsync(wanted, who.Actor, CancellationToken.None), wanted.Name);

    private async Task FailAsync(Caller who, Door door, string why)
    {
        var failed = door with { State = ListenerMachine.Next(door.State, ListenerInput.NotOpened).State, Problem = why };
        host.Put(failed);
        await host.TellAsync(EventKinds.ListenerFailed, failed, why, who.Actor);
    }

    /// <summary>Takes the port again that was given up for one that could not be had.</summary>
    private async Task ReopenAsync(Caller who, Door door)
    {
        var gone = door.Port!;
        var opening = host.Opener.Open(door.Wanted with { Port = gone.EndPoint.Port });
        if (opening is PortOpening.Opened again) host.Put(door with { Port = again.Port, Certificate = again.Certificate });
        else await FailAsync(who, door with { State = ListenerState.Inactive, Port = null, Certificate = null, Since = null }, ((PortOpening.Refused)opening).Why);
        await host.Leaving.LetGoAsync(door.Wanted.Id, gone, null, _ => Task.CompletedTask);
    }

    private async Task LetGoAsync(Caller who, Door door, string reason, bool closeConnections, TimeSpan? drain)
    {
        await host.Leaving.LetGoAsync(
            door.Wanted.Id, door.Port!, closeConnections ? TimeSpan.Zero : drain,
            closed => host.TellAsync(EventKinds.ListenerDrained, door, closed == 0 ? "its last connections have ended" : string.Create(CultureInfo.InvariantCulture, $"{closed} connections were closed"), Actor.Farm));
        await host.TellAsync(EventKinds.ListenerClosed, door, reason, who.Actor);
    }

    private EstateAnswer? OwnedByFile(Door door)
    {
        if (door.Wanted.Origin != "file" || !door.Wanted.Enabled) return null;
        string where = door.IsOfThisRun ? "(key 'http'); change it there" : "(key 'listeners'); take it out there or change it there";
        return new EstateAnswer(EstateCode.OwnedByFile, $"The listener belongs to the configuration file {where}{(file.Length > 0 ? $": {file}" : "")}.");
    }

    /// <summary>Whether nobody could come in any more to open another one, if this one were closed.</summary>
    private bool IsLastForPeople(Door door) =>
        door.State == ListenerState.Listening && ListenerDefaults.LetsPeopleIn(door.Wanted) &&
        !host.Doors.Any(d => d.Wanted.Id != door.Wanted.Id && d.State == ListenerState.Listening && ListenerDefaults.LetsPeopleIn(d.Wanted));

    private static string LastText(Door door, string what) =>
        $"'{door.Wanted.Name}' is the last listener by which people come in, so it cannot be {what}: open another of protocol http or admin first.";
}
