using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>Quern's worker, as a program of its own, is a build bot of Quern's master: a real package, built by its script in a root from a package list.</summary>
public sealed class OwnBotTests
{
    public static TheoryData<string> Revisions => ["any", "v2.1", "v2.0", "v1b"];

    [Theory, MemberData(nameof(Revisions))]
    public async Task A_recipe_is_built_in_a_root_from_the_package_list_and_its_package_is_published(string revision)
    {
        await using var repository = await LeafRepository.WithRootAsync();
        await repository.AddAsync("greeter", "1", new TarBytes().File("greeter-1/data/usr/bin/greet", "#!/usr/bin/bash\necho greetings\n", 0x1ED), []);
        using var folder = new ScratchFolder();
        await using var farm = await BranchFarm.StartAsync(branch: BranchFarm.Keys with { RealRootPackages = ["base"], PackageListUrl = repository.ListUrl });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("base"), BranchFarm.Recipe("greeter"), await RecipeAsync(farm));
        await using (var founder = await ScriptedBot.ReadyAsync(farm, "V2.1", "founder"))
        {
            foreach (string name in (string[])["base", "greeter"])
            {
                await dev.BuildAsync(name);
                await founder.BuildAsync($"share/{name}");
                await FinishedAsync(farm, name);
            }
        }
        await File.WriteAllTextAsync(folder["key"], "hands\n");
        await using var worker = Start(farm, folder, revision);
        await farm.UntilAsync(async () => (await farm.EventsAsync("worker.connected")).Any(e => e.Subject == "own-bot"), Patience);

        Assert.True(dev.IsDone(await dev.BuildAsync("hello")));
        var job = await FinishedAsync(farm, "hello");

        string[] log = [.. (await dev.LogAsync(job.Id.ToString())).AsArray().Select(l => l!.ToString())];
        Assert.True(job.State == JobState.Succeeded, $"{job.Reason}\n{string.Join('\n', log)}");
        Assert.Equal("own-bot", job.Worker?.Value);
        Assert.Contains("greetings", log);
        Assert.Contains("built in /branchbuild/build by 0", log);
        Assert.Contains("--- JOB_ACCEPTED", log);
        Assert.Contains("--- BUILD_COMPLETE", log);
        var artifact = Assert.Single(await farm.Store.ListArtifactsAsync(new PackageName("hello"), CancellationToken.None));
        await using (var package = farm.Master.Blobs.OpenRead(artifact.Sha256)!)
        await using (var copy = File.Create(folder["hello.lfpkg"]))
            await package.CopyToAsync(copy);
        Assert.Equal(
            ["hello-1.2.13/leaf.pkg", "hello-1.2.13/data/usr/bin/hello", "hello-1.2.13/data/usr/share/hello/empty/", "hello-1.2.13/data/usr/share/hello/link"],
            (await TarAsync("-tJf", folder["hello.lfpkg"])).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("#!/usr/bin/bash\necho hello\n", await TarAsync("-xOJf", folder["hello.lfpkg"], "hello-1.2.13/data/usr/bin/hello"));
        Assert.Contains("-rwxr-xr-x 0/0", await TarAsync("-tvJf", folder["hello.lfpkg"], "--numeric-owner", "hello-1.2.13/data/usr/bin/hello"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_build_and_a_package_with_anothers_files_are_failed_jobs_and_the_bot_takes_the_next()
    {
        await using var repository = await LeafRepository.WithRootAsync();
        using var folder = new ScratchFolder();
        await using var farm = await BranchFarm.StartAsync(branch: BranchFarm.Keys with { RealRootPackages = ["base"], PackageListUrl = repository.ListUrl });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        var failing = BranchFarm.Recipe("failing");
        failing["build_script"] = new JsonArray("echo about to fail", "exit 7");
        var thief = BranchFarm.Recipe("thief");
        thief["build_script"] = new JsonArray("mkdir -p $PKG_INSTALL_DIR/share", "echo x > $PKG_INSTALL_DIR/share/base");
        var honest = BranchFarm.Recipe("honest");
        honest["build_script"] = new JsonArray("echo x > $PKG_INSTALL_DIR/x");
        await dev.GiveAsync(BranchFarm.Recipe("base"), failing, thief, honest);
        await using (var founder = await ScriptedBot.ReadyAsync(farm, "V2.1", "founder"))
        {
            await dev.BuildAsync("base");
            await founder.BuildAsync("share/base");
            await FinishedAsync(farm, "base");
        }
        await File.WriteAllTextAsync(folder["key"], "hands\n");
        await using var worker = Start(farm, folder, "any");

        foreach (string name in (string[])["failing", "thief", "honest"]) await dev.BuildAsync(name);

        var failed = await FinishedAsync(farm, "failing");
        Assert.Equal(JobState.Failed, failed.State);
        string[] log = [.. (await dev.LogAsync(failed.Id.ToString())).AsArray().Select(l => l!.ToString())];
        Assert.Contains("about to fail", log);
        Assert.Contains("[Builder] the build script ended with 7", log);
        var caught = await FinishedAsync(farm, "thief");
        Assert.Equal(JobState.Failed, caught.State);
        Assert.Contains("[CONFLICT] base: /share/base", (await dev.LogAsync(caught.Id.ToString())).AsArray().Select(l => l!.ToString()));
        Assert.Equal(JobState.Succeeded, (await FinishedAsync(farm, "honest")).State);
    }

    private static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    private static async Task<JsonObject> RecipeAsync(BranchFarm farm)
    {
        byte[] patch = "echo hello\n"u8.ToArray();
        await using var writer = farm.Master.Blobs.Create(patch.Length);
        await writer.WriteAsync(patch);
        var stored = await writer.CommitAsync();
        string id = await farm.Store.AddSourceAsync("body.sh", "", stored.Sha256, stored.Bytes, Actor.Farm, CancellationToken.None);
        var recipe = BranchFarm.Recipe("hello", needs: ["greeter"]);
        recipe["extra_sources"] = new JsonArray(id);
        recipe["build_script"] = new JsonArray(
            "greet", "echo built in $PWD by $(id -u)", "  mkdir -p $PKG_INSTALL_DIR/usr/bin $PKG_INSTALL_DIR/usr/share/hello/empty", "echo '#!/usr/bin/bash' > $PKG_INSTALL_DIR/usr/bin/hello",
            "cat body.sh >> $PKG_INSTALL_DIR/usr/bin/hello", "chmod 755 $PKG_INSTALL_DIR/usr/bin/hello", "ln -s ../../bin/hello $PKG_INSTALL_DIR/usr/share/hello/link");
        return recipe;
    }

    private static RunningProgram Start(BranchFarm farm, ScratchFolder folder, string revision) => new(
        Path.Combine(AppContext.BaseDirectory, "quern-worker"),
        [
            "--master", string.Create(CultureInfo.InvariantCulture, $"branch://127.0.0.1:{farm.EndPoint.Port}"), "--name", "own-bot", "--password-file", folder["key"], "--dir", folder["bot"],
            .. revision == "any" ? (string[])[] : ["--revision", revision],
        ]);

    private static async Task<string> TarAsync(params string[] words)
    {
        var start = new ProcessStartInfo("tar") { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
        foreach (string word in words) start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    private static async Task<JobRow> FinishedAsync(BranchFarm farm, string package)
    {
        JobRow? found = null;
        await farm.UntilAsync(async () =>
        {
            for (int number = 1; await farm.Store.FindJobAsync(number.ToString(CultureInfo.InvariantCulture), CancellationToken.None) is { } job; number++)
                if (job.Package?.Value == package) found = job;
            return found is { } one && one.State.IsFinished();
        }, Patience);
        return found!;
    }
}
