using System.Text.Json.Nodes;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>A bot with a small root that a scripted master has made ready.</summary>
public abstract class ReadyBot(SmallRoot root) : BotFixture, IClassFixture<SmallRoot>
{
    public static TheoryData<string> Dialects => ["V2.1", "V2.0", "V1b"];

    private protected SmallRoot Small => root;

    /// <summary>The master's end of the last connection that was made ready.</summary>
    private protected MasterConversation Talk { get; private set; } = null!;

    private protected async Task<MasterScript> ReadyAsync(string dialect = "V2.1", BotLimits? limits = null, Func<WorkerOptions, WorkerOptions>? adjust = null, params string[] packages)
    {
        StartBot(revision: MasterScript.RevisionOf(dialect), limits: limits, adjust: adjust);
        return await NextReadyAsync(dialect, packages);
    }

    private protected async Task<MasterScript> NextReadyAsync(string dialect = "V2.1", params string[] packages)
    {
        var master = await NextScriptAsync(dialect, packages);
        Assert.True(await master.UntilReadyAsync());
        return master;
    }

    private protected async Task<MasterScript> NextScriptAsync(string dialect = "V2.1", params string[] packages)
    {
        Talk = await Master.NextAsync();
        var master = new MasterScript(Talk, dialect);
        master.Deployment["packagelisturl"] = root.Repository.ListUrl;
        master.Deployment["realroot_packages"] = new JsonArray([.. packages.Prepend("base").Select(p => (JsonNode)p)]);
        return master;
    }
}
