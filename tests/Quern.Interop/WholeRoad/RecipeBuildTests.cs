using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using Quern.Interop.StockWorkers;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.PackageFiles;
using Quern.Packaging.Planning;
using Quern.Packaging.Sources;
using Quern.Peers.Recipes;
using Quern.Storage;
using Quern.Testing;
using Quern.WorkerHost;

namespace Quern.Interop.WholeRoad;

/// <summary>
/// From recipe to published package through a whole master, on an unmodified <c>buildbot-worker</c> and on
/// <c>quern-worker</c>, both as processes on the wire. Isolation is <c>host</c>, so that no root has to be made; the sandbox
/// is what Quern.Packaging.Tests and the demo build in.
/// </summary>
public sealed class RecipeBuildTests
{
    private static readonly Actor Me = new("user:test");
    private static readonly WorkerName Builder = new("builder");

    [Theory]
    [InlineData("stock")]
    [InlineData("quern")]
    [InlineData("embedded")]
    public async Task A_library_and_its_depender_are_built_in_order_and_published(string kind)
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        await using var worker = await JoinAsync(master, kind, folder);
        await SaveAsync(master, Library(folder));
        await SaveAsync(master, Program(folder));

        var library = Job("greet-lib");
        var program = Job("greet") with { Needs = [library.Id] };
        var accepted = await master.Store.SubmitAsync(new Submission([program, library]), Me, CancellationToken.None);

        Assert.IsType<SubmitResult.Accepted>(accepted);
        var end = await FinishedAsync(master, program.Id);
        Assert.True(end.State == JobState.Succeeded, await ExplainAsync(master, end));
        var stored = await master.Store.FindArtifactAsync(new PackageName("greet"), BuildEnvironment.Release, MachineArchitecture.Here, null, CancellationToken.None);
        Assert.Equal(end.Artifact!.Sha256, stored!.Sha256);
        Assert.IsType<BlobCheck.Whole>(await master.Blobs.VerifyAsync(stored.Sha256, CancellationToken.None));
        await using var file = master.Blobs.OpenRead(stored.Sha256)!;
        var check = await PackageFile.VerifyAsync(file, RecipeTranslation.Read(Program(folder)).Recipe!, new PackageLimits(), CancellationToken.None);
        Assert.Contains(Assert.IsType<PackageCheck.Valid>(check).Members, m => m.Path == "/usr/share/greet/greeting");
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("embedded")]
    [InlineData("stock")]
    public async Task An_extra_source_that_the_farm_keeps_lies_beside_the_source_under_its_name(string kind)
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        await using var worker = await JoinAsync(master, kind, folder);
        byte[] patch = "--- a/greet-lib/words\n+++ b/greet-lib/words\n@@ -1 +1 @@\n-greet-lib says hello\n+greet-lib says good morning\n"u8.ToArray();
        var kept = await new BlobShelf(master.Blobs, 1 << 20).AddAsync(new MemoryStream(patch), CancellationToken.None);
        string id = await master.Store.AddSourceAsync("morning.patch", "politer", kept.Sha256, kept.Bytes, Me, CancellationToken.None);
        await SaveAsync(master, Library(folder)
            .Replace("build={", $"extra_sources=[{id}]\nbuild={{\npatch -p1 < morning.patch", StringComparison.Ordinal));

        var job = Job("greet-lib");
        await master.Store.SubmitAsync(new Submission([job]), Me, CancellationToken.None);
        var end = await FinishedAsync(master, job.Id);

        Assert.True(end.State == JobState.Succeeded, await ExplainAsync(master, end));
        await using var file = master.Blobs.OpenRead(end.Artifact!.Sha256)!;
        var check = await PackageFile.VerifyAsync(file, RecipeTranslation.Read(Library(folder)).Recipe!, new PackageLimits(), CancellationToken.None);
        var words = Assert.Single(Assert.IsType<PackageCheck.Valid>(check).Members, m => m.Path == "/usr/share/greet-lib/words");
        Assert.Equal(Sha256Hash.Of("greet-lib says good morning\n"u8), words.Sha256);
    }

    [Fact]
    public async Task A_source_with_another_hash_than_the_recipe_says_fails_and_names_both()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        await using var worker = await JoinAsync(master, "quern", folder);
        string wrong = new('a', 64);
        await SaveAsync(master, Library(folder).Replace("build={", $"sha256=[{wrong}]\nbuild={{", StringComparison.Ordinal));

        var job = Job("greet-lib");
        await master.Store.SubmitAsync(new Submission([job]), Me, CancellationToken.None);
        var end = await FinishedAsync(master, job.Id);

        Assert.Equal(JobState.Failed, end.State);
        Assert.Contains(wrong, end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_whose_dependency_was_never_built_says_which_one_and_what_to_do()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        await using var worker = await JoinAsync(master, "quern", folder);
        await SaveAsync(master, Library(folder));
        await SaveAsync(master, Program(folder));

        var job = Job("greet");
        await master.Store.SubmitAsync(new Submission([job]), Me, CancellationToken.None);
        var end = await FinishedAsync(master, job.Id);

        Assert.Equal(JobState.Failed, end.State);
        Assert.Contains("greet-lib", end.Reason, StringComparison.Ordinal);
        Assert.Contains("quern build greet-lib", end.Reason, StringComparison.Ordinal);
    }

    private static async Task<QuernMaster> StartAsync(ScratchFolder folder)
    {
        Directory.CreateDirectory(folder["sources"]);
        var start = await QuernMaster.StartAsync(
            new MasterOptions
            {
                DataFolder = folder["data"],
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Listen = [new ListenerSetting(ListenerProtocols.BuildbotMessagePack, IPAddress.Loopback, 0)],
                FetchProgram = [Path.Combine(AppContext.BaseDirectory, "quern"), FetchProgram.Verb],
                Configuration = FarmConfiguration.Empty with
                {
                    Release = new EnvironmentSettings { Isolation = Isolation.Host },
                    SourceFolders = [folder["sources"]],
                    Workers = [new WorkerSetting(Builder, "secret", 1, [])],
                },
            },
            TimeProvider.System, CancellationToken.None);
        return start is MasterStart.Running running ? running.Master : throw new InvalidOperationException(((MasterStart.Failed)start).Reason);
    }

    /// <returns>The worker's process; null for the embedded one, which ends with the master.</returns>
    private static async Task<IAsyncDisposable?> JoinAsync(QuernMaster master, string kind, ScratchFolder folder)
    {
        if (kind == "embedded")
        {
            master.Attach(new EmbeddedWorkerLink(Builder, folder["worker"], TimeProvider.System), slots: 1);
            return null;
        }
        var endPoint = IPEndPoint.Parse(master.Listening[0].EndPoint);
        IAsyncDisposable worker = kind == "stock"
            ? await StockWorker.StartAsync(WireProtocol.MessagePack, endPoint, Builder.Value, "secret")
            : OwnWorker.Start(endPoint, Builder.Value, "secret", folder["worker"]);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (master.Pool.Find(Builder) is null)
        {
            long sequence = master.Store.LastSequence;
            if (master.Pool.Find(Builder) is null) await master.Store.WaitPastAsync(sequence, patience.Token);
        }
        return worker;
    }

    private static async Task SaveAsync(QuernMaster master, string text)
    {
        var reading = RecipeTranslation.Read(text);
        Assert.True(reading.Recipe is not null, string.Join("; ", reading.Problems.Select(p => p.Message)));
        await master.Store.SaveRecipeAsync(reading.Recipe, text, "", Me, CancellationToken.None);
    }

    private static NewJob Job(string package) => new()
    {
        Id = JobId.Create(TimeProvider.System.GetUtcNow()),
        Title = package,
        Package = new PackageName(package),
        Architecture = MachineArchitecture.Here,
        Pool = $"arch={MachineArchitecture.Here}",
    };

    private static async Task<JobRow> FinishedAsync(QuernMaster master, JobId job)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            long sequence = master.Store.LastSequence;
            var row = (await master.Store.FindJobAsync(job.ToString(), patience.Token))!;
            if (row.State.IsFinished()) return row;
            await master.Store.WaitPastAsync(sequence, patience.Token);
        }
    }

    private static async Task<string> ExplainAsync(QuernMaster master, JobRow row)
    {
        using var reader = await master.Logs.OpenReaderAsync(row.Id, row.Attempt, "");
        var text = new MemoryStream();
        if (reader is not null) await reader.CopyTextAsync(text);
        return $"{row.Title} {row.State.Word()}: {row.Reason}\n{Encoding.UTF8.GetString(text.ToArray())}";
    }

    private static string Library(ScratchFolder folder) => $$"""
        name=greet-lib
        version=1.0
        real_version=1
        source=file:{{SourceOf(folder, "greet-lib")}}
        description=Greetings
        build={
        mkdir -p "$PKG_INSTALL_DIR/usr/share/greet-lib"
        cp greet-lib/words "$PKG_INSTALL_DIR/usr/share/greet-lib/words"
        }

        """;

    // In host isolation dependencies lie below a prefix that the search paths name: PATH's first entry is in it.
    private static string Program(ScratchFolder folder) => $$"""
        name=greet
        version=2.0
        real_version=1
        source=file:{{SourceOf(folder, "greet")}}
        description=Greets
        dependencies=[greet-lib]
        builddeps=[greet-lib]
        build={
        mkdir -p "$PKG_INSTALL_DIR/usr/share/greet"
        cat greet/words "${PKG_CONFIG_SYSROOT_DIR:?}/usr/share/greet-lib/words" > "$PKG_INSTALL_DIR/usr/share/greet/greeting"
        }

        """;

    private static string SourceOf(ScratchFolder folder, string name)
    {
        string path = Path.Combine(folder["sources"], name + ".tar.gz");
        if (File.Exists(path)) return path;
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        using var tar = new TarWriter(gzip, TarEntryFormat.Pax);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{name}/words") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes($"{name} says hello\n")) });
        return path;
    }
}
