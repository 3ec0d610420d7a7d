using Microsoft.Extensions.Logging;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>Keeps in the journal what happened to a client of a door.</summary>
internal static partial class ClientEvents
{
    /// <summary>What it tells of has happened all the same when it cannot be kept; the log has that then.</summary>
    public static async Task KeepAsync(FarmStore store, ILogger logger, string client, string kind, string reason, Actor actor)
    {
        try
        {
            await store.SaveClientEventAsync(client, kind, reason, actor, CancellationToken.None);
        }
        catch (Exception e)
        {
            NotKept(logger, client, kind, e);
        }
    }

    [LoggerMessage(3203, LogLevel.Warning, "That {Client} was {Kind} could not be kept.")]
    public static partial void NotKept(ILogger logger, string client, string kind, Exception error);
}
