using System.Globalization;
using Quern.Model;
using Quern.Protocols.Branch;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <content>Extra sources, and what is known of a client.</content>
public sealed partial class BranchDesk
{
    private const int MaxFileName = 200;
    private const int MaxDescription = 1000;

    private async Task<BranchAnswer> ExtraSourcesAsync(CancellationToken cancellationToken) => new BranchAnswer.ExtraSources(
        [.. (await store.ListSourcesAsync(cancellationToken)).Select(s => new BranchExtraSource(s.Id, s.Filename, s.Description))]);

    private async Task<BranchAnswer> RemoveExtraSourceAsync(BranchClient client, string id, CancellationToken cancellationToken) =>
        Reply(await store.RemoveSourceAsync(id, client.Actor, cancellationToken) ? BranchReply.SourceRemoved : BranchReply.SourceUnknown);

    private async Task<BranchAnswer> TransferAsync(BranchVisit visit, BranchRequest.TransferExtraSource request)
    {
        if (request.Length > options.MaxSourceBytes) return Reply(BranchReply.TransferLength);
        string description = request.Description.Length <= MaxDescription ? request.Description : request.Description[..MaxDescription];
        await visit.ReplaceUploadAsync(new BranchUpload(blobs, request.Length) { FileName = SafeFileName(request.FileName), Description = description });
        visit.ExpectedBytes = request.Length;
        return Reply(BranchReply.TransferReady);
    }

    private async Task<BranchAnswer> CompleteTransferAsync(BranchVisit visit, CancellationToken cancellationToken)
    {
        if (visit.Upload is not { } upload) return Reply(BranchReply.TransferNothing);
        try
        {
            if (!upload.IsWhole) return Reply(BranchReply.TransferNotInserted);
            var stored = await upload.CommitAsync(cancellationToken);
            await store.AddSourceAsync(upload.FileName, upload.Description, stored.Sha256, stored.Bytes, visit.Client.Actor, cancellationToken);
            return Reply(BranchReply.TransferInserted);
        }
        catch (BlobWriteException)
        {
            return Reply(BranchReply.TransferNotInserted);
        }
        finally
        {
            await visit.ReplaceUploadAsync(null);
        }
    }

    /// <summary>
    /// The last part of a path, with what cannot stand in a file name of ours replaced: bots join it to their build folder, as root.
    /// </summary>
    public static string SafeFileName(string name)
    {
        string last = name[(name.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        string clean = string.Concat(last.Take(MaxFileName).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '+' or '~' or '-' or '@' ? c : '_')).TrimStart('.');
        return clean.Length == 0 ? "file" : clean;
    }

    /// <summary>A controller or a worker by its name; of several controllers of one name the first that came.</summary>
    private async Task<BranchAnswer> ClientInfoAsync(string name, CancellationToken cancellationToken)
    {
        if (clients.Controllers().FirstOrDefault(c => c.Name == name) is { } controller) return new BranchAnswer.ClientInfo([ConnectedFact(controller.ConnectedAt)]);
        if (bots.Find(name) is { } bot)
        {
            return new BranchAnswer.ClientInfo(
            [
                ConnectedFact(bot.Client.ConnectedAt),
                new BranchFact(BranchFact.TimedOutCommands, bot.TimedOut.ToString(CultureInfo.InvariantCulture), false),
                .. bot.Facts.Where(f => f.Name is not (BranchFact.ConnectionTimestamp or BranchFact.TimedOutCommands)),
            ]);
        }
        if (!WorkerName.TryParse(name, out var worker) || pool.Find(worker) is not { } link) return Reply(BranchReply.ClientUnknown);
        var events = await store.ListWorkerEventsAsync(worker, 10, cancellationToken);
        var description = link.Description;
        var facts = new List<BranchFact>
        {
            ConnectedFact(events.FirstOrDefault(e => e.Kind == "connected")?.Time ?? DateTimeOffset.UnixEpoch),
            new(BranchFact.TimedOutCommands, "0", false),
        };
        void Add(string key, string value)
        {
            if (value.Length > 0) facts.Add(new BranchFact(key, value, true));
        }
        Add("Architecture", description.Architecture);
        Add("Hostname", description.Host);
        Add("Host Distribution", description.OperatingSystem);
        if (description.CpuCount > 0) facts.Add(new BranchFact("CPU count", description.CpuCount.ToString(CultureInfo.InvariantCulture), false));
        return new BranchAnswer.ClientInfo([.. facts]);
    }

    /// <summary>Seconds since 1970 as Python writes a float: there is always a point.</summary>
    private static BranchFact ConnectedFact(DateTimeOffset at)
    {
        string seconds = (at.ToUnixTimeMilliseconds() / 1000.0).ToString("0.0##", CultureInfo.InvariantCulture);
        return new BranchFact(BranchFact.ConnectionTimestamp, seconds, false);
    }
}
