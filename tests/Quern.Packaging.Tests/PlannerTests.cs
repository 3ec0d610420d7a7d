using System.Collections.Immutable;
using Quern.Archives;
using Quern.Model;
using Quern.Packaging.Planning;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class PlannerTests
{
    private static readonly Sha256Hash Root = Sha256Hash.Of("root"u8);

    private static Recipe Libpng => new()
    {
        Name = new PackageName("libpng"),
        Version = "1.6.39",
        RealVersion = "1",
        Source = "deb-src:libpng1.6",
        Description = "Library for PNG images",
        Dependencies = [new PackageName("zlib")],
        BuildDependencies = [new PackageName("zlib")],
        BuildScript = ["cd */", "  ./configure  ", "make"],
    };

    private static PlannedPackage Zlib => new(new PackageName("zlib"), "1.2.13", Sha256Hash.Of("zlib"u8), []);

    private static PlanInputs Inputs => new()
    {
        Recipe = Libpng,
        Environment = BuildEnvironment.Release,
        Settings = new EnvironmentSettings { Root = new RootSettings.Debian("bookworm", ["gcc"]) },
        Sources = [new PlannedSource("libpng.tar.gz", Sha256Hash.Of("source"u8), IsMain: true)],
        Packages = [Zlib],
        RootArchive = Root,
    };

    private static Plan PlanOf(PlanInputs inputs) => Assert.IsType<PlanResult.Planned>(Planner.Plan(inputs)).Plan;

    private static string ProblemOf(PlanInputs inputs) => Assert.IsType<PlanResult.Problem>(Planner.Plan(inputs)).Message;

    private static string TextOf(Plan plan, string worker) => plan.Steps.Select(s => s.Command).OfType<RemoteCommand.DownloadFile>()
        .Where(d => d.WorkerPath == worker).Select(d => ((MasterSource.Text)d.Source).Content).Single();

    [Fact]
    public void A_plan_uses_only_commands_that_every_stock_worker_has() =>
        Assert.All(PlanOf(Inputs).Steps, step => Assert.True(step.Command is RemoteCommand.Shell or RemoteCommand.MakeDirectory
            or RemoteCommand.RemoveDirectory or RemoteCommand.DownloadFile or RemoteCommand.UploadFile));

    [Fact]
    public void A_sandbox_build_sends_everything_then_builds_uploads_and_always_cleans_up()
    {
        var plan = PlanOf(Inputs);

        Assert.Equal(
            ["clear the place", "make folders", "send the build script", "send the template root", "unpack the template root",
             "send libpng.tar.gz", "send zlib", "send the variables", "send the description", "send the recipe",
             "build", "take the package", "clean up"],
            plan.Steps.Select(s => s.Name));
        Assert.Equal(["clean up"], plan.Steps.Where(s => s.Always).Select(s => s.Name));
        var build = Assert.IsType<RemoteCommand.Shell>(plan.Steps.Single(s => s.Name == "build").Command);
        Assert.Equal(["/bin/sh", "quern/build.sh", "sandbox", "../roots/" + Root.Hex, "no"], build.Command);
        var upload = Assert.IsType<RemoteCommand.UploadFile>(plan.Steps.Single(s => s.Name == "take the package").Command);
        Assert.IsType<MasterTarget.Package>(upload.Target);
    }

    [Fact]
    public void The_template_root_is_sent_only_when_the_worker_lacks_it()
    {
        string marker = $"../roots/{Root.Hex}/.quern-root";

        Assert.Equal(["send the template root", "unpack the template root"],
            PlanOf(Inputs).Steps.Where(s => s.UnlessExists == marker).Select(s => s.Name));
    }

    [Fact]
    public void A_host_build_needs_no_root_and_sends_none()
    {
        var plan = PlanOf(Inputs with { RootArchive = null, Settings = new EnvironmentSettings { Isolation = Isolation.Host } });

        Assert.DoesNotContain(plan.Steps, s => s.Name.Contains("root", StringComparison.Ordinal));
        Assert.Equal(["/bin/sh", "quern/build.sh", "host"], ((RemoteCommand.Shell)plan.Steps.Single(s => s.Name == "build").Command).Command);
    }

    [Theory]
    [InlineData(false, false, "no")]
    [InlineData(true, false, "yes")]
    [InlineData(false, true, "yes")]
    public void Network_is_there_when_the_recipe_or_the_environment_asks(bool recipe, bool environment, string expected)
    {
        var plan = PlanOf(Inputs with { Recipe = Libpng with { Network = recipe }, Settings = Inputs.Settings! with { Network = environment } });

        Assert.Equal(expected, ((RemoteCommand.Shell)plan.Steps.Single(s => s.Name == "build").Command).Command[^1]);
    }

    [Fact]
    public void A_worker_without_sandbox_is_explained_and_never_falls_back_to_the_host()
    {
        var build = PlanOf(Inputs).Steps.Single(s => s.Name == "build");

        Assert.Contains("cannot build in a sandbox", build.Explanations[97], StringComparison.Ordinal);
        Assert.DoesNotContain(PlanOf(Inputs).Steps.Select(s => s.Command).OfType<RemoteCommand.Shell>(), s => s.Command.Contains("host"));
    }

    [Fact]
    public void Script_lines_are_stripped_and_stop_at_the_first_error() =>
        Assert.Equal("set -e\ncd */\n./configure\nmake\nset +e\n", TextOf(PlanOf(Inputs), "quern/in/recipe.sh"));

    [Fact]
    public void The_description_is_the_leaf_text() =>
        Assert.Equal("name=libpng\nversion=1.6.39\nreal_version=1\ndescription=Library for PNG images\ndependencies=[zlib]\n",
            TextOf(PlanOf(Inputs), "quern/in/leaf.pkg"));

    [Fact]
    public void A_description_cannot_add_lines_to_the_leaf_text() =>
        Assert.Equal(5, LeafText.Of(Libpng with { Description = "a\nname=other\r\nb" }).Count(c => c == '\n'));

    [Fact]
    public void Dependencies_are_installed_in_the_order_given()
    {
        var b = new PlannedPackage(new PackageName("aaa"), "1", Sha256Hash.Of("b"u8), []);

        var paths = PlanOf(Inputs with { Packages = [Zlib, b] }).Steps.Select(s => s.Command).OfType<RemoteCommand.DownloadFile>()
            .Select(d => d.WorkerPath).Where(p => p.Contains("/deps/", StringComparison.Ordinal));

        Assert.Equal(["quern/in/deps/0000-zlib.lfpkg", "quern/in/deps/0001-aaa.lfpkg"], paths);
    }

    [Fact]
    public void A_cross_build_exports_its_target()
    {
        var settings = Inputs.Settings! with { Target = "aarch64-linux-gnu", Tools = ["gcc-aarch64-linux-gnu"] };

        string text = TextOf(PlanOf(Inputs with { Environment = BuildEnvironment.Cross, Settings = settings }), "quern/in/package.env");

        Assert.Contains("export CROSS_TARGET='aarch64-linux-gnu'\n", text, StringComparison.Ordinal);
        Assert.Contains("export CC='aarch64-linux-gnu-gcc'\n", text, StringComparison.Ordinal);
        Assert.Equal(["gcc", "gcc-aarch64-linux-gnu"], ((RootSettings.Debian)settings.EffectiveRoot!).Packages);
    }

    public static TheoryData<string, PlanInputs> Refused => new()
    {
        { "quern.yaml has no environments.release", Inputs with { Settings = null } },
        { "quern.yaml has no environments.cross", Inputs with { Settings = null, Environment = BuildEnvironment.Cross } },
        { "enabled is false", Inputs with { Settings = Inputs.Settings! with { Enabled = false } } },
        { "environments.cross.target", Inputs with { Environment = BuildEnvironment.Cross } },
        { "belongs to environments.cross", Inputs with { Settings = Inputs.Settings! with { Target = "x-y-z" } } },
        { "template root", Inputs with { RootArchive = null } },
        { "no finished release package", Inputs with { Packages = [] } },
        { "no finished release package", Inputs with { Packages = [Zlib with { Dependencies = [new PackageName("libc")] }] } },
        { "names 1 sources, 0 are at hand", Inputs with { Sources = [] } },
        { "not a safe file name", Inputs with { Sources = [new PlannedSource("../x", Root, true)] } },
        { "are called 'a'", Inputs with { Recipe = Libpng with { ExtraSources = ["x"] }, Sources = [new("a", Root, true), new("a", Root, false)] } },
        { "no build script", Inputs with { Recipe = Libpng with { BuildScript = [] } } },
        { "is not valid", Inputs with { Recipe = Libpng with { Version = "1/../../x" } } },
        { "is not valid", Inputs with { Recipe = Libpng with { Version = ".." } } },
        { "is not valid", Inputs with { Recipe = Libpng with { RealVersion = "٣" } } },
        { "NUL or a line end", Inputs with { Recipe = Libpng with { Tests = ["a\nb"] } } },
    };

    [Theory, MemberData(nameof(Refused))]
    public void What_cannot_be_built_is_refused_with_the_reason(string expected, PlanInputs inputs) =>
        Assert.Contains(expected, ProblemOf(inputs), StringComparison.Ordinal);
}
