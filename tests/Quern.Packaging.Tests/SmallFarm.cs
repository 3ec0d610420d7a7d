using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.Debian;
using Quern.Packaging.PackageFiles;
using Quern.Packaging.Planning;
using Quern.Packaging.Roots;
using Quern.Packaging.Runs;
using Quern.Packaging.Sources;
using Xunit;

namespace Quern.Packaging.Tests;

/// <summary>Builds sample recipes for real, one after the other, and keeps what came of it.</summary>
internal sealed class SmallFarm(string folder)
{
    /// <summary>The root that the demo builds in.</summary>
    public static ImmutableArray<string> RootPackages { get; } =
        ["gcc", "libc6-dev", "make", "perl", "m4", "pkgconf", "xz-utils", "bzip2", "file", "patch", "autoconf", "automake", "libtool", "bison", "flex", "tcl"];

    private readonly FolderBlobs _blobs = new(Path.Combine(folder, "blobs"));
    private readonly Dictionary<PackageName, PlannedPackage> _finished = [];
    private readonly Dictionary<PackageName, RunPackage> _built = [];

    public RootTemplate? Root { get; private set; }

    public RootMaker Roots => new(Path.Combine(folder, "roots"), _blobs, TimeProvider.System);

    public string Log { get; private set; } = "";

    public ImmutableArray<RunPackage> Built => [.. _built.Values];

    public static string Suite => MachineApt.Suite() ?? "bookworm";

    public async Task MakeRootAsync()
    {
        var made = await Roots.MakeAsync(new RootSettings.Debian(Suite, RootPackages), _ => { }, CancellationToken.None);
        Root = (made as RootResult.Ready)?.Root;
        Assert.True(Root is not null, (made as RootResult.Failed)?.Message);
    }

    /// <summary>Fetches, plans, builds and verifies; a good package is there for the next.</summary>
    /// <returns>Null on success, else the step that failed.</returns>
    public async Task<string?> BuildAsync(Recipe recipe, Isolation isolation = Isolation.Sandbox)
    {
        string target = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        var fetched = await FetchProgram.FetchAsync(
            new FetchRequest { Source = recipe.Source, Target = target, AptFolder = Path.Combine(folder, "apt"), Suite = Suite }, TimeProvider.System, CancellationToken.None);
        var source = Assert.IsType<FetchResult.Fetched>(fetched);
        StoredBlob blob;
        await using (var file = File.OpenRead(target)) blob = await _blobs.AddAsync(file, CancellationToken.None);
        recipe = recipe with { Version = source.Version! };

        var packages = DependencyClosure.Resolve(DependencyClosure.Direct(recipe, BuildEnvironment.Release), _finished.GetValueOrDefault, out var missing);
        Assert.Empty(missing);
        var planned = Assert.IsType<PlanResult.Planned>(Planner.Plan(new PlanInputs
        {
            Recipe = recipe,
            Environment = BuildEnvironment.Release,
            Settings = new EnvironmentSettings { Isolation = isolation },
            Sources = [new PlannedSource(source.FileName, blob.Sha256, IsMain: true)],
            Packages = packages,
            RootArchive = Root?.ArchiveHash,
        }));
        var runner = new LocalRunner(Path.Combine(folder, "worker", "place"), _blobs);
        var failed = await runner.RunAsync(planned.Plan);
        Log = runner.Log.ToString();
        if (failed is { } step) return step.Step;

        var package = await _blobs.AddAsync(new MemoryStream(runner.Package!), CancellationToken.None);
        var check = await PackageFile.VerifyAsync(new MemoryStream(runner.Package!), recipe, new PackageLimits(), CancellationToken.None);
        var members = Assert.IsType<PackageCheck.Valid>(check).Members;
        _finished[recipe.Name] = new PlannedPackage(recipe.Name, recipe.Version, package.Sha256, recipe.Dependencies);
        _built[recipe.Name] = new RunPackage(recipe.Name.Value, _blobs.PathOf(package.Sha256), members);
        return null;
    }

    /// <summary>A run root with the packages of these names.</summary>
    public async Task<RunRoot> RunRootAsync(params string[] names)
    {
        var (template, problem) = await RunRoot.UnpackTemplateAsync(
            Path.Combine(folder, "worker", "roots"), Root!.ArchiveHash, _blobs.PathOf(Root.ArchiveHash), CancellationToken.None);
        Assert.True(template is not null, problem);
        var (root, runProblem) = await RunRoot.CreateAsync(
            Path.Combine(folder, "run-" + Guid.NewGuid().ToString("N")), template, [.. names.Select(n => _built[new PackageName(n)])], CancellationToken.None);
        Assert.True(root is not null, runProblem);
        return root;
    }
}
