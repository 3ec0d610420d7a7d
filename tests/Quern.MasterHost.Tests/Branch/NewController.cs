using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>A controller of V2.0 (<c>machine_version</c> 0) or V2.1.</summary>
internal sealed class NewController(BranchPeer peer, int version) : Controller(peer)
{
    private int _status;

    public override Task<JsonNode> CheckoutAsync(string name) => AskAsync("CHECKOUT", name);

    public override Task<JsonNode> SubmitAsync(JsonObject recipe) => AskAsync("SUBMIT", recipe.DeepClone());

    public override Task<JsonNode> BuildAsync(string name, bool cross = false) => AskAsync("BUILD", new JsonObject { ["pkgname"] = name, ["buildtype"] = Word(cross) });

    public override Task<JsonNode> LogAsync(string job) =>
        version == 0 ? AskAsync("GETJOBLOG", job) : AskAsync("GETJOBLOG", new JsonObject { ["jobid"] = job, ["offset"] = 0 });

    public Task<JsonNode> LogFromAsync(string job, int offset) => AskAsync("GETJOBLOG", new JsonObject { ["jobid"] = job, ["offset"] = offset });

    public override Task<JsonNode> SystemLogAsync() => AskAsync("GETSYSLOG", version == 0 ? "" : null);

    public override Task<JsonNode> DependersAsync(string name) => AskAsync("GETDEPENDERS", name);

    public override Task<JsonNode> RebuildAsync(string name) => AskAsync("REBUILDDEPENDERS", name);

    public override async Task<(JsonArray Queued, JsonArray Running, JsonArray Completed)> JobsAsync()
    {
        var lists = await AskAsync("GETJOBSTATUS", "");
        return (lists["queuedjobs"]!.AsArray(), lists["runningjobs"]!.AsArray(), lists["completedjobs"]!.AsArray());
    }

    public override async Task<(JsonArray Controllers, JsonArray Bots)> ClientsAsync()
    {
        var lists = await AskAsync("GETCONNECTEDCLIENTS", "");
        return (lists["controllers"]!.AsArray(), lists["buildbots"]!.AsArray());
    }

    public override Task<JsonNode> PackagesAsync() => AskAsync("GETMANAGEDPKGS", "");

    public override Task<JsonNode> PackageBuildsAsync() => AskAsync("GETMANAGEDPKGBUILDS", "");

    public override Task<JsonNode> ClearAsync() => AskAsync("CLEARCOMPLETEDJOBS", "");

    public override Task<JsonNode> CancelAsync(string job) => AskAsync("CANCELQUEUEDJOB", job);

    public override Task<JsonNode> CancelAllAsync() => AskAsync("CANCELQUEUEDJOBS", "");

    public override Task<JsonNode> SolutionAsync(JsonArray steps, bool cross = false) =>
        AskAsync("SUBMITSOLUTION", new JsonObject { ["solution"] = steps, ["buildtype"] = Word(cross) });

    public override Task<JsonNode> ClientInfoAsync(string name) => AskAsync("GETCLIENTINFO", name);

    public override Task<JsonNode> DeleteAsync(string name) => AskAsync("DELETEPKG", name);

    public override Task<JsonNode> SourcesAsync() => AskAsync("GETMANAGEDEXTRASOURCES", "");

    public override Task<JsonNode> RemoveSourceAsync(string id) => AskAsync("REMOVEEXTRASOURCE", id);

    public override Task<JsonNode> AnnounceSourceAsync(string file, string description, JsonNode length) =>
        AskAsync("TRANSFEREXTRASOURCE", new JsonObject { ["filename"] = file, ["filedescription"] = description, ["filelength"] = length });

    public override async Task<JsonNode> SendSourceAsync(byte[] bytes)
    {
        await Peer.WriteAsync(bytes);
        return Take(JsonNode.Parse(await Peer.ReadAsync())!.AsObject());
    }

    public override Task<JsonNode> CompleteSourceAsync() => AskAsync("COMPLETETRANSFER", "");

    /// <summary>These clients look at the status code alone.</summary>
    public override bool IsDone(JsonNode answer) => _status == 200;

    public async Task<JsonNode> AskAsync(string command, JsonNode? payload) => Take(await Peer.AskAsync(command, payload));

    private JsonNode Take(JsonObject answer)
    {
        Assert.Equal(["statuscode", "payload"], answer.Select(m => m.Key));
        _status = (int)answer["statuscode"]!;
        Assert.Contains(_status, (int[])[200, 400, 500]);
        return answer["payload"]!.DeepClone();
    }

    private static string Word(bool cross) => cross ? "CROSS" : "RELEASE";
}
