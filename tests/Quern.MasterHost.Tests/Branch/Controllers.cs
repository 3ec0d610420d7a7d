using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>
/// A controller of one dialect as the specification has it: what a test wants, in the dialect's words. Answers come back as JSON;
/// a refusal is its text.
/// </summary>
internal abstract class Controller(BranchPeer peer) : IAsyncDisposable
{
    public BranchPeer Peer { get; } = peer;

    /// <summary>V1a and V1b do not differ for a controller but in two old words; V2.0 and V2.1 in how they ask for a log.</summary>
    public static async Task<Controller> ConnectAsync(BranchFarm farm, string dialect, string name = "dev1") => dialect switch
    {
        "V1" => new OldController(await farm.V1Async(name: name)),
        "V2.0" => new NewController(await farm.V2Async(name: name, version: 0), 0),
        _ => new NewController(await farm.V2Async(name: name, version: 1), 1),
    };

    public static TheoryData<string> Dialects => ["V1", "V2.0", "V2.1"];

    public abstract Task<JsonNode> CheckoutAsync(string name);

    public abstract Task<JsonNode> SubmitAsync(JsonObject recipe);

    public abstract Task<JsonNode> BuildAsync(string name, bool cross = false);

    public abstract Task<JsonNode> LogAsync(string job);

    public abstract Task<JsonNode> SystemLogAsync();

    public abstract Task<JsonNode> DependersAsync(string name);

    public abstract Task<JsonNode> RebuildAsync(string name);

    /// <summary>Queued, running, completed.</summary>
    public abstract Task<(JsonArray Queued, JsonArray Running, JsonArray Completed)> JobsAsync();

    public abstract Task<(JsonArray Controllers, JsonArray Bots)> ClientsAsync();

    public abstract Task<JsonNode> PackagesAsync();

    public abstract Task<JsonNode> PackageBuildsAsync();

    public abstract Task<JsonNode> ClearAsync();

    public abstract Task<JsonNode> CancelAsync(string job);

    public abstract Task<JsonNode> CancelAllAsync();

    public abstract Task<JsonNode> SolutionAsync(JsonArray steps, bool cross = false);

    public abstract Task<JsonNode> ClientInfoAsync(string name);

    public abstract Task<JsonNode> DeleteAsync(string name);

    public abstract Task<JsonNode> SourcesAsync();

    public abstract Task<JsonNode> RemoveSourceAsync(string id);

    public abstract Task<JsonNode> AnnounceSourceAsync(string file, string description, JsonNode length);

    /// <summary>Sends the bytes and answers what the master says to them.</summary>
    public abstract Task<JsonNode> SendSourceAsync(byte[] bytes);

    public abstract Task<JsonNode> CompleteSourceAsync();

    /// <summary>Whether an answer says that a thing was done.</summary>
    public abstract bool IsDone(JsonNode answer);

    /// <summary>Submits a recipe that must be taken.</summary>
    public async Task GiveAsync(params JsonObject[] recipes)
    {
        foreach (var recipe in recipes)
        {
            var answer = await SubmitAsync(recipe);
            Assert.True(IsDone(answer), $"{recipe["name"]}: {answer}");
        }
    }

    public ValueTask DisposeAsync() => Peer.DisposeAsync();
}
