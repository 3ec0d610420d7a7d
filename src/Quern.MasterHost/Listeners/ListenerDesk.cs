using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Peers.Ports;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// Changes the doors of the farm while it runs: opens first, stores then, and lets go of what was open before last. Whoever is refused
/// stands in the journal too.
/// </summary>
/// <param name="file">The configuration file, for whoever must change it there; may be empty.</param>
internal sealed partial class ListenerDesk(ListenerHost host, FarmStore store, string file) : IListenerDesk
{
    private const string UserPrefix = "user:";

    public async Task<EstateAnswer> CreateAsync(Caller who, NewListener listener, CancellationToken cancellationToken)
    {
        var wanted = listener with { Protocol = listener.Protocol.Length > 0 ? listener.Protocol : ListenerProtocols.Admin };
        string subject = $"{ListenerRules.Shown(wanted.Protocol)} {ListenerRules.Shown(wanted.Address)}:{wanted.Port.ToString(CultureInfo.InvariantCulture)}";
        if (!who.May(Right.ListenerCreate)) return await AnswerAsync(who, subject, Denied(Right.ListenerCreate));
        // Once it is begun it is brought to its end: nobody's going away leaves a door half made.
        return await AnswerAsync(who, subject, await host.ChangeAsync(() => CreateAsync(who, wanted), cancellationToken));
    }

    public async Task<EstateAnswer> RemoveAsync(Caller who, ListenerRemoval removal, CancellationToken cancellationToken)
    {
        string subject = ListenerRules.Shown(removal.Listener);
        if (!who.May(Right.ListenerDelete)) return await AnswerAsync(who, subject, Denied(Right.ListenerDelete));
        return await AnswerAsync(who, subject, await host.ChangeAsync(() => RemoveAsync(who, removal), cancellationToken));
    }

    public ImmutableArray<ListenerFacts>? List(Caller who) => who.May(Right.ListenerList) ? [.. host.Doors.Select(FactsOf)] : null;

    /// <summary>By number or name, in the list that was just read.</summary>
    public static ListenerFacts? Find(ImmutableArray<ListenerFacts> listeners, string idOrName) =>
        listeners.FirstOrDefault(l => Is(l.Id, l.Name, idOrName));

    private async Task<EstateAnswer> CreateAsync(Caller who, NewListener n)
    {
        var mistake = ListenerRules.Protocol(n.Protocol) ?? ListenerRules.Address(n.Address) ?? ListenerRules.Port(n.Port) ??
            (n.Name.Length == 0 ? null : ListenerRules.Name(n.Name)) ?? ListenerRules.Limits(n.Limits);
        if (mistake is not null) return mistake;
        if (RevisionsOf(n.Protocol, n.Revisions, out mistake) is not { } revisions) return mistake!;
        if (host.Doors.Any(d => d.Wanted.Name.Equals(n.Name, StringComparison.OrdinalIgnoreCase))) return NameTaken(n.Name);
        if (host.Certificates.Keep(ListenerRules.Tls(n.Protocol, n.Tls), n.OlderTls, out string why) is not { } tls) return BadCertificate(why);
        string address = EndPoints.TryParseAddress(n.Address, out var parsed) ? parsed.ToString() : n.Address;
        string user = who.Principal.Name.StartsWith(UserPrefix, StringComparison.Ordinal) ? who.Principal.Name[UserPrefix.Length..] : "";
        var listener = new StoredListener(n.Protocol, address, n.Port, n.Enabled, "api", revisions)
        {
            Name = n.Name,
            Owner = await store.FindAccountAsync(user, CancellationToken.None) is null ? "" : user,
            Tls = tls,
            MaxConnections = n.Limits.Connections,
            MaxPerSecond = n.Limits.PerSecond,
            Handshake = n.Limits.Handshake,
            AgentAcceptor = n.AgentAcceptor,
            ClientAcceptor = n.ClientAcceptor,
        };
        if (!n.Enabled)
        {
            var (stored, problem) = await StoreAsync(store.CreateListenerAsync(listener, who.Actor, CancellationToken.None), n.Name);
            if (problem is not null) return problem;
            host.Put(new Door(stored!, ListenerState.Inactive));
            return DoneWith(stored!);
        }
        var opening = host.Opener.Open(listener);
        if (opening is PortOpening.Refused refused) return Refusal(refused, listener);
        var opened = (PortOpening.Opened)opening;
        var (saved, wrong) = await StoreAsync(store.CreateListenerAsync(listener, who.Actor, CancellationToken.None), n.Name);
        if (wrong is not null)
        {
            await opened.Port.DisposeAsync();
            return wrong;
        }
        var door = host.DoorOf(saved!, opened);
        host.Put(door);
        await host.TellAsync(EventKinds.ListenerOpened, door, "asked for", who.Actor);
        return DoneWith(saved!);
    }

    private async Task<EstateAnswer> RemoveAsync(Caller who, ListenerRemoval removal)
    {
        if (DoorOf(removal.Listener) is not { } door) return NotFound(removal.Listener);
        if (OwnedByFile(door) is { } owned) return owned;
        if (removal.ExpectedRevision != 0 && removal.ExpectedRevision != door.Wanted.Revision) return Outdated(door);
        if (IsLastForPeople(door)) return new EstateAnswer(EstateCode.LastListener, LastText(door, "removed"));
        if (!door.IsOfThisRun) await store.RemoveListenerAsync(door.Wanted.Id, who.Actor, CancellationToken.None);
        host.Remove(door);
        if (door.Port is not null) await LetGoAsync(who, door, "removed", removal.CloseConnections, removal.Drain);
        return DoneWith(door.Wanted);
    }

    private ListenerFacts FactsOf(Door door)
    {
        var l = door.Wanted;
        var counts = door.Port?.Counts ?? default;
        var shown = door.Certificate?.Current ?? (l.Tls.Kind == "farm" ? host.Certificates.Farm : null);
        var limits = ListenerDefaults.LimitsOf(l);
        return new ListenerFacts(l.Id, l.Name, l.Protocol, l.Address, l.Port, door.State)
        {
            Enabled = l.Enabled,
            Origin = l.Origin,
            Owner = l.Owner,
            Open = door.Port?.EndPoint,
            Problem = door.Problem.Length > 0 ? door.Problem : door.Certificate?.Problem ?? "",
            Revisions = l.Revisions,
            Tls = l.Tls.Kind != "none",
            TlsKind = l.Tls.Kind,
            OlderTls = l.Tls.Older,
            CertificateSha256 = shown is null ? default : Convert.FromHexString(shown.Sha256),
            CertificateNotAfter = shown?.NotAfter,
            ListeningSince = door.Since,
            Limits = new ListenerLimits(limits.Connections, limits.PerSecond, limits.Handshake),
            AgentAcceptor = l.AgentAcceptor,
            ClientAcceptor = l.ClientAcceptor,
            ActiveConnections = counts.Active + host.Leaving.ConnectionsOf(l.Id),
            Accepted = counts.Accepted,
            Refused = counts.Refused,
            RefusedBy = ReasonsOf(counts),
            Revision = l.Revision,
        };
    }

    private static ImmutableSortedDictionary<string, long> ReasonsOf(PortCounts counts) => ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("too_many", counts.TooMany), KeyValuePair.Create("too_fast", counts.TooFast),
        KeyValuePair.Create("tls_failed", counts.TlsFailed), KeyValuePair.Create("tls_too_slow", counts.TlsTooSlow),
    ]);

    private Door? DoorOf(string idOrName) => host.Doors.FirstOrDefault(d => Is(d.Wanted.Id, d.Wanted.Name, idOrName));

    private static bool Is(int id, string name, string idOrName) =>
        name.Equals(idOrName, StringComparison.OrdinalIgnoreCase) ||
        (int.TryParse(idOrName, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number == id);

    /// <summary>Hands an answer on; one that is a refusal is written down first.</summary>
    private async Task<EstateAnswer> AnswerAsync(Caller who, string subject, EstateAnswer answer)
    {
        if (!answer.Succeeded)
            await store.SaveListenerEventAsync(EventKinds.ListenerRefused, subject, answer.Detail, who.Actor, CancellationToken.None);
        return answer;
    }

    /// <summary>What the store made of a change, or the answer for who asked.</summary>
    private static async Task<(StoredListener? Saved, EstateAnswer? Problem)> StoreAsync(Task<ListenerChange> change, string name) => await change switch
    {
        ListenerChange.Saved saved => (saved.Listener, null),
        ListenerChange.NameTaken => (null, NameTaken(name)),
        ListenerChange.NotFound => (null, new EstateAnswer(EstateCode.NotFound, "The listener is gone.")),
        ListenerChange.Outdated outdated => (null, new EstateAnswer(EstateCode.Outdated, "Somebody else changed the listener meanwhile; read it again.", "revision", "", outdated.Revision)),
        ListenerChange.UnknownOwner => (null, UnknownOwner()),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string? RevisionsOf(string protocol, string text, out EstateAnswer? mistake)
    {
        string? kept = ListenerRevisions.TryRead(protocol, text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), out string problem);
        mistake = kept is null ? new EstateAnswer(EstateCode.InvalidOptions, problem, "revisions") : null;
        return kept;
    }

    /// <summary>Why a port was not opened; where another listener of this farm has it, that one is named.</summary>
    private EstateAnswer Refusal(PortOpening.Refused refused, StoredListener listener)
    {
        var holder = refused.Code == EstateCode.AddressInUse
            ? host.Doors.FirstOrDefault(d => d.Port is { } port && ListenerRules.Overlap(d.Wanted with { Port = port.EndPoint.Port }, listener))
            : null;
        return new EstateAnswer(refused.Code, holder is null ? refused.Why : $"{refused.Why} It is the farm's own listener '{holder.Wanted.Name}' ({holder.Wanted.Protocol}).", refused.Field);
    }

    private static EstateAnswer DoneWith(StoredListener listener) => EstateAnswer.Done(listener.Id.ToString(CultureInfo.InvariantCulture), listener.Revision);

    private static EstateAnswer Denied(string right) => EstateAnswer.Denied($"This needs the right '{right}'.");

    private static EstateAnswer NotFound(string listener) => new(EstateCode.NotFound, $"There is no listener '{ListenerRules.Shown(listener)}'; 'quern listener list' shows those there are.");

    private static EstateAnswer UnknownOwner() => new(EstateCode.UnknownUser, "There is no user of that name to own the listener.", "owner");

    private static EstateAnswer NameTaken(string name) => new(EstateCode.NameTaken, $"There is a listener '{name}' already.", "name");

    private static EstateAnswer BadCertificate(string why) => new(EstateCode.InvalidCertificate, $"The certificate cannot be used: {why}.", "tls");

    private static EstateAnswer Outdated(Door door) =>
        new(EstateCode.Outdated, "Somebody else changed the listener meanwhile; read it again.", "revision", "", door.Wanted.Revision);
}
