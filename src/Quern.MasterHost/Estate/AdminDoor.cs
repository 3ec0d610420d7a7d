using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Admin;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Tells log and journal what happens at the administration protocol's door.</summary>
internal sealed partial class AdminDoor(FarmStore store, RefusalBook refusals, TimeProvider time, ILogger<AdminDoor> logger) : IAdminGate
{
    private readonly RefusalNotes _failures = new(time);

    public void Ended(string name, string remote, string reason) => Log.ConnectionEnded(logger, name.Length > 0 ? name : "a stranger", remote, reason);

    public void Failed(string name, string request, Exception error)
    {
        Log.RequestFailed(logger, request, name, error);
        if (_failures.Take(request)) _ = KeepAsync(name.Length > 0 ? name : "a stranger", "failed", $"{request}: {error.Message}", Actor.Farm);
    }

    public void Denied(Caller who, string request, string right) => _ = NoteAsync(who, request, right);

    public void Reported(AgentReport report) => Log.AgentReported(logger, report.Uuid, report.Hostname, report.Platform, report.Version, report.From);

    private async Task NoteAsync(Caller who, string request, string right)
    {
        try
        {
            await refusals.NoteAsync(who.Actor, request, "", right, CancellationToken.None);
        }
        catch (Exception e)
        {
            // It was refused all the same.
            ClientEvents.NotKept(logger, who.Principal.Name, "refused", e);
        }
    }

    private Task KeepAsync(string client, string kind, string reason, Actor actor) => ClientEvents.KeepAsync(store, logger, client, kind, reason, actor);

    private static partial class Log
    {
        [LoggerMessage(3411, LogLevel.Information, "The administration connection of {Client} from {Remote} ended: {Reason}.")]
        public static partial void ConnectionEnded(ILogger logger, string client, string remote, string reason);

        [LoggerMessage(3412, LogLevel.Error, "The administration request {Request} of {Client} failed.")]
        public static partial void RequestFailed(ILogger logger, string request, string client, Exception error);

        [LoggerMessage(3414, LogLevel.Information, "Agent {Agent} is {Hostname} ({Platform}, version {Version}), at {From}.")]
        public static partial void AgentReported(ILogger logger, string agent, string hostname, string platform, string version, System.Net.IPAddress from);
    }
}
