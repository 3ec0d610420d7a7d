using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.Model;
using Quern.Testing;
using Quern.WorkerHost;

namespace Quern.Cli.Tests.Import;

/// <summary>Whole imports, from the storage of an old master to a running farm.</summary>
public sealed class BranchImportTests
{
    [Fact]
    public async Task What_an_old_master_has_comes_to_the_farm_and_nothing_changes_there()
    {
        using var old = await OldMaster.SmallAsync();
        using var data = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path);
        var before = old.Snapshot();

        var (code, output, error) = await CliFarm.RunAsync($"import branch {old.Path} --data {data.Path} --server http://{farm.Http}");

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            [
                "OUTCOME   KIND      NAME                          REASON",
                $"taken     source    {OldMaster.SourceId}  fix.patch, 5 B",
                "taken     recipe    base                          1.0-2, revision 1",
                "taken     recipe    lib                           1.0-3, revision 1",
                "taken     recipe    app                           1.0-1, revision 1",
            ],
            output.Split('\n')[..5]);
        Assert.Matches("taken     package   lib 1.0-9 +.* B, release ", output);
        Assert.Contains("package: 2 taken\nrecipe: 3 taken\nsource: 1 taken\n", output, StringComparison.Ordinal);
        Assert.Equal(before, old.Snapshot());

        var store = farm.Store;
        var app = (await store.FindRecipeAsync(new PackageName("app"), null, CancellationToken.None))!.Recipe;
        Assert.Equal(["lib", "base"], app.BuildDependencies.Select(d => d.Value));
        Assert.Equal(["base"], app.CrossDependencies.Select(d => d.Value));
        Assert.Equal((["./configure", "", "  make"], "", [OldMaster.SourceId]), (app.BuildScript.ToArray(), app.Source, app.ExtraSources.ToArray()), Comparer);
        var source = (await store.FindSourceAsync(OldMaster.SourceId, CancellationToken.None))!;
        Assert.Equal(("fix.patch", "a fix", Sha256Hash.Of("hello"u8)), (source.Filename, source.Description, source.Sha256));
        var newest = (await store.FindArtifactAsync(new PackageName("lib"), BuildEnvironment.Release, MachineArchitecture.Here, null, CancellationToken.None))!;
        Assert.Equal(("10", null, "1.1", "of 1.1"), (newest.RealVersion, newest.Job, newest.Facts!.Version, newest.Facts.Description));
        Assert.Equal(await File.ReadAllBytesAsync(old["packages/lib/10/lib.lfpkg"]), await DownloadAsync(farm, data, "lib"));
        var published = Assert.Single((await store.ReadJournalAsync(0, 1000, CancellationToken.None)), e => e.Kind == "artifact.published" && e.Data.Contains("\"9\"", StringComparison.Ordinal));
        Assert.Equal("owner", published.Actor);
    }

    [Fact]
    public async Task A_second_run_finds_everything_here_and_a_later_one_takes_what_is_new()
    {
        using var old = await OldMaster.SmallAsync();
        using var data = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path);
        string command = $"import branch {old.Path} --data {data.Path} --server http://{farm.Http}";
        await CliFarm.RunAsync(command);
        long events = farm.Store.LastSequence;

        var again = await CliFarm.RunAsync(command);

        Assert.Equal(0, again.Code);
        Assert.Contains("package: 2 here\nrecipe: 3 here\nsource: 1 here\n", again.Output, StringComparison.Ordinal);
        Assert.Equal(events, farm.Store.LastSequence);

        using (var database = old.Open("pkgbuild.db")) OldMaster.Run(database, "UPDATE pkgbuilds SET real_version = '4' WHERE name = 'lib'");
        await old.PackageAsync("lib", ("9", "1.0", "[base]"), ("10", "1.1", ""), ("11", "1.2", ""));
        var later = await CliFarm.RunAsync(command);

        Assert.Contains("package: 1 taken, 2 here\nrecipe: 1 taken, 2 here\n", later.Output, StringComparison.Ordinal);
        Assert.Contains("taken     recipe    lib                           1.0-4, revision 2", later.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_changed_or_deleted_here_stays_unless_it_shall_be_replaced()
    {
        using var old = await OldMaster.SmallAsync();
        using var data = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path);
        string at = $"--data {data.Path} --server http://{farm.Http}";
        await File.WriteAllTextAsync(data["lib.bpb"], "name=lib\nversion=2.0\nreal_version=20\nnetwork=yes\nbuild={\nmake\n}\n");
        await CliFarm.RunAsync($"import branch {old.Path} {at}");
        await CliFarm.RunAsync($"submit {data["lib.bpb"]} {at}");
        await farm.Store.DeleteRecipeAsync(new PackageName("app"), Actor.Farm, CancellationToken.None);
        File.Copy(old["packages/lib/9/lib.lfpkg"], old["packages/lib/10/lib.lfpkg"], overwrite: true);
        await old.PackageAsync("lib", ("10", "1.1", "[base]"));

        var kept = await CliFarm.RunAsync($"import branch {old.Path} {at}");
        var replaced = await CliFarm.RunAsync($"import branch {old.Path} --replace {at}");

        Assert.Equal(0, kept.Code);
        Assert.Contains("skipped   recipe    lib                           revision 2 by owner differs and stays", kept.Output, StringComparison.Ordinal);
        Assert.Contains("skipped   recipe    app                           it was deleted here", kept.Output, StringComparison.Ordinal);
        Assert.Contains("skipped   package   lib 1.1-10                    another file is published", kept.Output, StringComparison.Ordinal);
        Assert.Contains("package: 1 taken", replaced.Output, StringComparison.Ordinal);
        Assert.Contains("recipe: 2 taken, 1 here", replaced.Output, StringComparison.Ordinal);
        var lib = (await farm.Store.FindRecipeAsync(new PackageName("lib"), null, CancellationToken.None))!;
        Assert.Equal(("3", true, 3), (lib.Recipe.RealVersion, lib.Recipe.Network, lib.Revision));
        Assert.Equal(["base"], (await farm.Store.FindArtifactAsync(new PackageName("lib"), BuildEnvironment.Release, MachineArchitecture.Here, "10", CancellationToken.None))!.Facts!.Dependencies.Select(d => d.Value));
    }

    [Fact]
    public async Task Files_of_the_first_generation_are_taken_as_they_are()
    {
        using var old = new OldMaster();
        using var data = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path);
        string text = "# ours\nname=zlib\nversion=1.2.13\nreal_version=2\nsource=\ndependencies=[glibc]\nbuild={\nmake\n}";
        foreach (var (name, recipe) in new[] { ("zlib", text), ("bad", "name=bad\nversion=a b\nreal_version=1\nbuild={\nmake\n}\n"), ("other", text) })
        {
            Directory.CreateDirectory(old[$"packagebuilds/{name}"]);
            await File.WriteAllTextAsync(old[$"packagebuilds/{name}/package.bpb"], recipe);
        }

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --data {data.Path} --server http://{farm.Http}");

        Assert.Equal(1, code);
        Assert.Contains("refused   recipe    bad                           2:10: ", output, StringComparison.Ordinal);
        Assert.Contains("refused   recipe    other                         its file names the package 'zlib'", output, StringComparison.Ordinal);
        Assert.Equal(text, (await farm.Store.FindRecipeAsync(new PackageName("zlib"), null, CancellationToken.None))!.Text);
    }

    [Fact]
    public async Task A_dry_run_reads_and_checks_without_a_farm()
    {
        using var old = await OldMaster.SmallAsync();
        using var data = new ScratchFolder();

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run --data {data.Path} --server http://127.0.0.1:1");
        var real = await CliFarm.RunAsync($"import branch {old.Path} --data {data.Path} --server http://127.0.0.1:1");

        Assert.Equal(0, code);
        Assert.Contains("package: 2 found\nrecipe: 3 found\nsource: 1 found\n", output, StringComparison.Ordinal);
        Assert.Equal(3, real.Code);
    }

    [Fact]
    public async Task A_package_of_the_old_farm_serves_a_build_of_the_new_one()
    {
        using var old = new OldMaster();
        using var data = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path);
        farm.Attach(new EmbeddedWorkerLink(new WorkerName("embedded"), data["worker"], TimeProvider.System), 1);
        string at = $"--data {data.Path} --server http://{farm.Http}";
        old.Recipes(("lib", "10", "", ""));
        await old.PackageAsync("lib", ("9", "1.0", ""), ("10", "1.1", ""));
        // The recipe has gone on; what is laid under the build is what was imported.
        await File.WriteAllTextAsync(data["app.bpb"], """
            name=app
            version=1.0
            real_version=1
            builddeps=[lib]
            build={
            mkdir -p "$PKG_INSTALL_DIR/usr"
            cp "$(find ../.. -name lib.so | head -n 1)" "$PKG_INSTALL_DIR/usr/seen"
            grep -q "lib 1.1" "$PKG_INSTALL_DIR/usr/seen"
            }
            """);

        await CliFarm.RunAsync($"import branch {old.Path} {at}");
        await CliFarm.RunAsync($"submit {data["app.bpb"]} {at}");
        var built = await CliFarm.RunAsync($"build app {at}");

        Assert.True(built.Code == 0, built.Output + built.Error + (await CliFarm.RunAsync($"log 1 {at}")).Output);
        Assert.Equal("app", Assert.Single(await farm.Store.ListJobsAsync(new Quern.Storage.JobFilter { Limit = 10 }, CancellationToken.None)).Title);
    }

    [Fact]
    public async Task Packages_are_taken_for_the_environment_and_architecture_that_are_named_and_again_for_another()
    {
        using var old = await OldMaster.SmallAsync();
        using var data = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path);
        string command = $"import branch {old.Path} --data {data.Path} --server http://{farm.Http}";

        await CliFarm.RunAsync(command);
        var cross = await CliFarm.RunAsync($"{command} --env cross --arch aarch64");
        var wrong = await CliFarm.RunAsync($"{command} --arch amd64");

        Assert.Contains("package: 2 taken\nrecipe: 3 here", cross.Output, StringComparison.Ordinal);
        var artifacts = await farm.Store.ListArtifactsAsync(new PackageName("lib"), CancellationToken.None);
        Assert.Equal(
            [("10", BuildEnvironment.Cross, "aarch64"), ("10", BuildEnvironment.Release, MachineArchitecture.Here), ("9", BuildEnvironment.Cross, "aarch64"), ("9", BuildEnvironment.Release, MachineArchitecture.Here)],
            artifacts.Select(a => (a.RealVersion, a.Environment, a.Architecture)));
        Assert.Equal((2, ""), (wrong.Code, wrong.Output));
    }

    [Fact]
    public async Task Programs_get_the_outcome_as_json()
    {
        using var old = await OldMaster.SmallAsync();
        old.Recipes(("../etc", "1", "", ""));

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run --json");

        var json = JsonNode.Parse(output)!;
        Assert.Equal((1, true), (code, json["refused"]!.GetValue<bool>()));
        Assert.Equal(7, json["items"]!.AsArray().Count);
        Assert.Contains(json["items"]!.AsArray(), i => i!["name"]!.ToString() == "../etc" && i["outcome"]!.ToString() == "refused" && i["kind"]!.ToString() == "recipe");
    }

    private static async Task<byte[]> DownloadAsync(QuernMaster farm, ScratchFolder data, string name)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{farm.Http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(data["token"])).Trim());
        return await client.GetByteArrayAsync($"/api/v1/packages/{name}/download");
    }

    private static readonly EqualityComparer<(string[], string, string[])> Comparer =
        EqualityComparer<(string[] A, string B, string[] C)>.Create((x, y) => x.A.SequenceEqual(y.A) && x.B == y.B && x.C.SequenceEqual(y.C));
}
