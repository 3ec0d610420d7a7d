using System.Net;

namespace Quern.Peers.Branch;

/// <summary>What a connection holds for its client between requests. Used by that connection alone.</summary>
public sealed class BranchVisit : IAsyncDisposable
{
    internal BranchVisit(BranchClient client) => Client = client;

    public BranchClient Client { get; }

    /// <summary>The address of this machine that the client connected to; null when that is not known.</summary>
    public IPAddress? ReachedAt { get; init; }

    /// <summary>The file that is being sent or waits to be completed; null without one.</summary>
    internal BranchUpload? Upload { get; private set; }

    /// <summary>The file that is the answer to a request of a bot; null without one.</summary>
    internal Stream? Download { get; private set; }

    /// <summary>Set by a request that announces a file: how many bytes of it come next.</summary>
    internal long ExpectedBytes { get; set; }

    /// <summary>Lets go of the file before, if there is one.</summary>
    internal async ValueTask ReplaceUploadAsync(BranchUpload? upload)
    {
        if (Upload is { } old) await old.DisposeAsync();
        Upload = upload;
    }

    /// <summary>Lets go of the file before, if there is one.</summary>
    internal async ValueTask ReplaceDownloadAsync(Stream? download)
    {
        if (Download is { } old) await old.DisposeAsync();
        Download = download;
    }

    public async ValueTask DisposeAsync()
    {
        await ReplaceUploadAsync(null);
        await ReplaceDownloadAsync(null);
    }
}
