using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>A controller of V1.</summary>
internal sealed class OldController(BranchPeer peer) : Controller(peer)
{
    private static readonly HashSet<string> Good =
    [
        "CMD_OK", "BUILD_REQ_QUEUED", "BUILD_REQ_SUBMIT_IMMEDIATELY", "BATCH_QUEUED", "JOBS_CLEARED", "JOB_CANCELED", "JOBS_CANCELED", "UPLOAD_ACK",
    ];

    public override Task<JsonNode> CheckoutAsync(string name) => AskAsync("CHECKOUT_PACKAGE " + name);

    public override Task<JsonNode> SubmitAsync(JsonObject recipe) => AskAsync("SUBMIT_PACKAGE " + recipe.ToJsonString());

    public override Task<JsonNode> BuildAsync(string name, bool cross = false) => AskAsync((cross ? "CROSS_BUILD " : "RELEASE_BUILD ") + name);

    public override Task<JsonNode> LogAsync(string job) => AskAsync("VIEW_LOG " + job);

    public override Task<JsonNode> SystemLogAsync() => AskAsync("VIEW_SYS_EVENTS");

    public override Task<JsonNode> DependersAsync(string name) => AskAsync("GET_DEPENDERS " + name);

    public override Task<JsonNode> RebuildAsync(string name) => AskAsync("REBUILD_DEPENDERS " + name);

    public override async Task<(JsonArray Queued, JsonArray Running, JsonArray Completed)> JobsAsync()
    {
        async Task<JsonArray> ListAsync(string command)
        {
            var jobs = (await AskAsync(command)).AsArray();
            // Rust controllers know one of these keys, Python's last ones the other.
            foreach (var job in jobs) Assert.Equal(job!["job_name"]!.ToString(), job["build_pkg_name"]!.ToString());
            foreach (var job in jobs) job!.AsObject().Remove("build_pkg_name");
            return jobs;
        }
        return (await ListAsync("QUEUED_JOBS_STATUS"), await ListAsync("RUNNING_JOBS_STATUS"), await ListAsync("COMPLETED_JOBS_STATUS"));
    }

    public override async Task<(JsonArray Controllers, JsonArray Bots)> ClientsAsync() =>
        ((await AskAsync("CONNECTED_CONTROLLERS")).AsArray(), (await AskAsync("CONNECTED_BUILDBOTS")).AsArray());

    public override Task<JsonNode> PackagesAsync() => AskAsync("MANAGED_PACKAGES");

    public override Task<JsonNode> PackageBuildsAsync() => AskAsync("MANAGED_PKGBUILDS");

    public override Task<JsonNode> ClearAsync() => AskAsync("CLEAR_COMPLETED_JOBS");

    public override Task<JsonNode> CancelAsync(string job) => AskAsync("CANCEL_QUEUED_JOB " + job);

    public override Task<JsonNode> CancelAllAsync() => AskAsync("CANCEL_ALL_QUEUED_JOBS");

    public override Task<JsonNode> SolutionAsync(JsonArray steps, bool cross = false) =>
        AskAsync((cross ? "SUBMIT_SOLUTION_CB " : "SUBMIT_SOLUTION_RB ") + steps.ToJsonString());

    public override Task<JsonNode> ClientInfoAsync(string name) => AskAsync("GET_CLIENT_INFO " + name);

    public override Task<JsonNode> DeleteAsync(string name) => AskAsync("DELETE_PKGBUILD " + name);

    public override Task<JsonNode> SourcesAsync() => AskAsync("GET_MANAGED_EXTRA_SOURCES");

    public override Task<JsonNode> RemoveSourceAsync(string id) => AskAsync("REMOVE_EXTRA_SOURCE " + id);

    /// <summary>As the Rust controller writes it: the length is a text.</summary>
    public override Task<JsonNode> AnnounceSourceAsync(string file, string description, JsonNode length) =>
        AskAsync("TRANSFER_EXTRA_SOURCE " + new JsonObject { ["description"] = description, ["filename"] = file, ["filelen"] = length.ToString() }.ToJsonString());

    public override async Task<JsonNode> SendSourceAsync(byte[] bytes)
    {
        await Peer.WriteAsync(bytes);
        return await Peer.ReadAsync();
    }

    public override Task<JsonNode> CompleteSourceAsync() => AskAsync("COMPLETE_TRANSFER");

    public override bool IsDone(JsonNode answer) => Good.Contains(answer.ToString());

    private async Task<JsonNode> AskAsync(string body)
    {
        string answer = await Peer.AskAsync(body);
        return answer[0] is '[' or '{' or '"' ? JsonNode.Parse(answer)! : answer;
    }
}
