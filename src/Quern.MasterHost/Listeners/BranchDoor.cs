using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Branch;
using Quern.Peers.Dispatch;
using Quern.Protocols.Branch;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>Lets Branch clients in whose key is good, and says what the group behind it may do.</summary>
internal sealed partial class BranchDoor(
    BranchSettings settings, Gate gate, WorkerDoor workers, FarmStore store, TimeProvider time, ILogger<BranchDoor> logger) : IBranchGate
{
    private const string Untrusted = "untrusted";

    private readonly RefusalNotes _refusals = new(time);

    private readonly ImmutableArray<(byte[] Hash, string Group)> _keys = [.. settings.Keys.Select(k => (HashOf(k.Key), k.Group))];

    private readonly ImmutableDictionary<string, Principal> _groups =
        settings.Groups.ToImmutableDictionary(g => g.Name, g => PrincipalOf(g.Name, [.. g.Rights]), StringComparer.Ordinal);

    public bool AsksForKeys => !settings.Untrusted;

    public string UntrustedGroup => Untrusted;

    public string? GroupOf(string? key)
    {
        byte[] given = HashOf(key ?? "");
        string? group = null;
        // All of them, whichever fits: how long it takes says nothing.
        foreach (var (hash, behind) in _keys)
            if (CryptographicOperations.FixedTimeEquals(hash, given)) group = behind;
        return key is null ? null : group;
    }

    public string? MissingRight(BranchClient client, BranchCommand command)
    {
        string right = BranchRights.Of(command);
        var principal = client.Person is { } person
            ? new Principal(person.Actor.Name, person.Rights)
            : _groups.GetValueOrDefault(client.Group) ?? PrincipalOf(client.Group, BranchRights.OfControllers);
        return right.Length == 0 || principal.May(right) ? null : right;
    }

    /// <summary>Set once the doors are there: where the package manager leaf finds us, null while no door is open for it.</summary>
    public Func<IPEndPoint?> LeafDoor { get; set; } = () => null;

    public string PackageListUrl(IPAddress? reachedAt)
    {
        if (LeafDoor() is not { } open) return "";
        bool everywhere = open.Address.Equals(IPAddress.Any) || open.Address.Equals(IPAddress.IPv6Any);
        // Whoever asks came by an address of this machine, so that one is good for the way back too.
        var address = everywhere ? reachedAt : open.Address;
        if (address is null) return "";
        return LeafAddress.ListUrl($"http://{new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, open.Port)}");
    }

    public bool TakesBots(string group) => settings.Bots.Groups.Contains(group);

    public bool IsAccount(WorkerName name) => workers.IsAccount(name);

    public bool Joined(IRecipeLink bot)
    {
        if (workers.IsClosed) return false;
        gate.Attach(bot);
        return true;
    }

    public void BotIsReady() => gate.Wake();

    public async ValueTask ReportedAsync(BranchClient client, string text) => await KeepAsync(client.Name, "reported", text, client.Actor);

    public async ValueTask CameAsync(BranchClient client) =>
        await KeepAsync(client.Name, "connected", $"{client.Dialect}, group {client.Group}, from {client.Remote}", client.Actor);

    public async ValueTask WentAsync(BranchClient client, string reason) =>
        await KeepAsync(client.Name, "disconnected", reason, client.Actor);

    public void Refused(string name, string remote, string reason)
    {
        // One machine that guesses keys is one piece of news, whatever names and ports it uses.
        string machine = IPEndPoint.TryParse(remote, out var endPoint) ? endPoint.Address.ToString() : remote;
        if (!_refusals.Take(machine)) return;
        _ = KeepAsync(name.Length > 0 ? name : machine, "refused", $"{reason}, from {remote}", Actor.Farm);
    }

    public void Failed(BranchClient client, BranchCommand command, Exception error)
    {
        Log.RequestFailed(logger, command, client.Name, error);
        if (_refusals.Take($"failed {command}")) _ = KeepAsync(client.Name, "failed", $"{command}: {error.Message}", client.Actor);
    }

    public void Ended(string name, string remote, string reason) => Log.ConnectionEnded(logger, name.Length > 0 ? name : "(no name)", remote, reason);

    private static Principal PrincipalOf(string group, ImmutableHashSet<string> rights) => new($"branch-group:{group}", rights);

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private Task KeepAsync(string client, string kind, string reason, Actor actor) => ClientEvents.KeepAsync(store, logger, client, kind, reason, actor);

    private static partial class Log
    {
        [LoggerMessage(3201, LogLevel.Information, "The connection of {Client} from {Remote} ended: {Reason}.")]
        public static partial void ConnectionEnded(ILogger logger, string client, string remote, string reason);

        [LoggerMessage(3202, LogLevel.Error, "The request {Command} of {Client} failed.")]
        public static partial void RequestFailed(ILogger logger, BranchCommand command, string client, Exception error);
    }
}
