using Quern.MasterHost.Agents;
using Quern.MasterHost.Agents.Deployment;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Agents made to order, when the master ends meanwhile.</summary>
public sealed class InterruptedBuildTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_ran_and_what_waited_is_built_by_the_next_master()
    {
        await using var farm = await BuildFarm.StartAsync();
        farm.Hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string running = await OrderAsync(farm, BuildFarm.Order() with { Tags = ["big"], Slots = 4, Addresses = ["farm.example.org:8768"] });
        await farm.Held.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        farm.Time.Advance(TimeSpan.FromSeconds(1));
        string waiting = await OrderAsync(farm, BuildFarm.Order("deb"));

        farm.Hold = null;
        await farm.RestartAsync();

        foreach (var (id, name) in new[] { (running, ".tar.gz"), (waiting, ".deb") })
        {
            var ended = await farm.EndOfAsync(id);
            Assert.Equal((AgentBuildStep.Done, "user:mira"), (ended.Step, ended.By));
            Assert.EndsWith(name, ended.Artifact!.Name, StringComparison.Ordinal);
            Assert.Equal(ended.Artifact.Bytes, (await farm.FetchAsync(id)).Length);
        }
        Assert.Equal((2, 1), ((await farm.EndOfAsync(running)).Attempts, (await farm.EndOfAsync(waiting)).Attempts));
        var (who, key, _) = farm.Desk.Keys.First();
        Assert.Equal(("user:mira", "192.0.2.1", "http", 4, "big"), (who.Actor.Name, who.Actor.Address, who.Actor.Door, key.Slots, key.Tags.Single()));
        Assert.Equal(2, (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Count(e => e.Kind == EventKinds.AgentBuilt));
    }

    [Fact]
    public async Task The_key_of_an_attempt_that_nobody_has_is_taken_back()
    {
        await using var farm = await BuildFarm.StartAsync();
        string id = await InterruptAsync(farm, AgentBuildStep.Package, deployment: false);
        Directory.CreateDirectory(Path.Combine(farm.BuildsFolder, id));
        await File.WriteAllTextAsync(Path.Combine(farm.BuildsFolder, id, "artifact"), "half", Cancellation);

        await farm.RestartAsync();

        var ended = await farm.EndOfAsync(id);
        Assert.Equal(("key-9", AgentBuildStep.Done, "key-1"), (Assert.Single(farm.Desk.Revoked), ended.Step, ended.Artifact!.KeyId));
        Assert.Equal(ended.Artifact.Bytes, (await farm.FetchAsync(id)).Length);
    }

    [Theory]
    [InlineData(AgentBuildStep.Queued, "Nothing was sent. Order it again.", EventKinds.AgentBuildFailed, false)]
    [InlineData(AgentBuildStep.Package, "Nothing was sent. Order it again.", EventKinds.AgentBuildFailed, false)]
    [InlineData(AgentBuildStep.Probe, "connecting: the farm's master ended meanwhile. Nothing was sent.", EventKinds.AgentDeployFailed, false)]
    [InlineData(AgentBuildStep.Upload, "Nothing was installed, and the machine removes what came of the file.", EventKinds.AgentDeployFailed, false)]
    [InlineData(AgentBuildStep.Install, "did not see how it went on", EventKinds.AgentDeployFailed, true)]
    [InlineData(AgentBuildStep.Start, "did not see how it went on", EventKinds.AgentDeployFailed, true)]
    public async Task A_deployment_has_failed_and_says_how_far_it_was(AgentBuildStep step, string why, string kind, bool keyStays)
    {
        await using var farm = await BuildFarm.StartAsync();
        string id = await InterruptAsync(farm, step, deployment: true);

        await farm.RestartAsync();

        var ended = await farm.EndOfAsync(id);
        Assert.Equal((AgentBuildStep.Error, true, true), (ended.Step, ended.Artifact is null, ended.KeptUntil == farm.Time.GetUtcNow() + BuildBook.KeptFor));
        Assert.StartsWith("root@build-1:22", ended.Message, StringComparison.Ordinal);
        Assert.Contains(why, ended.Message, StringComparison.Ordinal);
        Assert.Equal(keyStays ? [] : ["key-9"], farm.Desk.Revoked);
        Assert.Equal(kind, (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Last(e => e.Kind.StartsWith("agent.", StringComparison.Ordinal)).Kind);
        Assert.Empty(farm.Desk.Keys);
    }

    [Fact]
    public async Task What_ended_the_master_again_and_again_is_not_tried_for_ever()
    {
        await using var farm = await BuildFarm.StartAsync();
        string id = await InterruptAsync(farm, AgentBuildStep.Package, deployment: false, attempts: InterruptedBuild.MaxAttempts);

        await farm.RestartAsync();

        Assert.Contains("ended 3 times while this was built", (await farm.EndOfAsync(id)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_of_a_group_that_is_gone_has_failed()
    {
        await using var farm = await BuildFarm.StartAsync();
        string id = await InterruptAsync(farm, AgentBuildStep.Queued, deployment: false, group: "g-removed");

        await farm.RestartAsync();

        Assert.Contains("The group 'lab machines' was removed", (await farm.Builds.FindAsync(BuildFarm.Caller(Right.All), id, Cancellation))!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_told_and_not_promised()
    {
        await using var farm = await BuildFarm.StartAsync();
        string id = (await farm.BuildAsync(BuildFarm.Order()))[0].Build;
        File.Delete(Path.Combine(farm.BuildsFolder, id, "artifact"));

        await farm.RestartAsync();

        var build = (await farm.Builds.FindAsync(BuildFarm.Owner, id, Cancellation))!;
        Assert.Equal((AgentBuildStep.Error, "Its file is not in the farm's data folder any more. Build it again."), (build.Step, build.Message));
    }

    [Fact]
    public async Task What_a_killed_deployment_left_on_this_machine_goes_and_what_another_master_uses_stays()
    {
        await using var farm = await BuildFarm.StartAsync();
        var left = Directory.CreateTempSubdirectory(SshDeployer.FolderPrefixOf(farm.BuildsFolder));
        var others = Directory.CreateTempSubdirectory(SshDeployer.FolderPrefixOf(farm["other builds"]));
        try
        {
            await farm.RestartAsync();

            Assert.Equal((false, true), (Directory.Exists(left.FullName), Directory.Exists(others.FullName)));
        }
        finally
        {
            others.Delete();
        }
    }

    [Fact]
    public async Task Links_are_good_once_over_a_restart_and_a_used_one_stays_used()
    {
        await using var farm = await BuildFarm.StartAsync();
        string id = (await farm.BuildAsync(BuildFarm.Order()))[0].Build;
        var (_, used, _) = await farm.Builds.Links.CreateAsync(id, Cancellation);
        var (_, kept, _) = await farm.Builds.Links.CreateAsync(id, Cancellation);
        await TakeAsync(farm.Builds, used);

        await farm.RestartAsync();

        Assert.False(await TakeAsync(farm.Builds, used));
        Assert.True(await TakeAsync(farm.Builds, kept));
        Assert.False(await TakeAsync(farm.Builds, kept));
    }

    [Fact]
    public async Task Another_master_sees_a_build_leaves_it_alone_and_uses_up_no_link_to_it()
    {
        await using var farm = await BuildFarm.StartAsync();
        string id = (await farm.BuildAsync(BuildFarm.Order()))[0].Build;
        var (_, link, _) = await farm.Builds.Links.CreateAsync(id, Cancellation);
        string waiting = await InterruptAsync(farm, AgentBuildStep.Queued, deployment: false);

        await using var other = await farm.OtherMasterAsync();
        other.Start();

        var seen = (await other.FindAsync(BuildFarm.Owner, id, Cancellation))!;
        Assert.Equal((AgentBuildStep.Done, false), (seen.Step, seen.IsHere));
        Assert.Null(other.Open(seen));
        Assert.Null(await other.FetchAsync(BuildFarm.Owner, id, 0, 100, Cancellation));
        Assert.False(await TakeAsync(other, link));
        Assert.Equal(AgentBuildStep.Queued, (await other.FindAsync(BuildFarm.Owner, waiting, Cancellation))!.Step);
        Assert.True(await TakeAsync(farm.Builds, link));
    }

    private static async Task<bool> TakeAsync(AgentBuilds builds, string link)
    {
        if (await builds.TakeAsync(link, Cancellation) is not var (file, _)) return false;
        await file.DisposeAsync();
        return true;
    }

    private static async Task<string> OrderAsync(BuildFarm farm, AgentOrder order)
    {
        var answer = await farm.Builds.BuildAsync(BuildFarm.Owner, order, _ => { }, Cancellation);
        Assert.Equal(EstateCode.Accepted, answer.Code);
        return answer.Id;
    }

    /// <summary>A build that stands in the database as a master that was killed left it.</summary>
    private static async Task<string> InterruptAsync(BuildFarm farm, AgentBuildStep step, bool deployment, int attempts = 1, string group = "g-1")
    {
        string id = $"{Guid.NewGuid()}", shelf = (await File.ReadAllTextAsync(Path.Combine(farm.BuildsFolder, "shelf"), Cancellation)).Trim();
        var actor = new Actor("user:mira") { Address = "192.0.2.1", Door = "http" };
        await farm.Store.SaveAgentBuildAsync(new StoredAgentBuild(id, shelf, group, BuildFarm.Group, "linux-x64", "sh", actor, farm.Time.GetUtcNow())
        {
            Target = deployment ? "root@build-1:22" : "",
            Standing = new AgentBuildStanding($"{step}".ToLowerInvariant(), 50, "") { Attempts = attempts, EnrolmentKey = "key-9" },
        }, Cancellation);
        return id;
    }
}
