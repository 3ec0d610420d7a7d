using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Packaging.Roots;
using Xunit;

namespace Quern.Packaging.Tests;

/// <summary>Real programs from Debian's archive, built in a real root. Needs mmdebstrap, bwrap and the archive.</summary>
[Trait("Speed", "Slow")]
public sealed class RealBuildTests(RealFarm real) : IClassFixture<RealFarm>
{
    [Fact]
    public async Task A_user_of_libpng_is_built_on_the_farms_zlib_and_libpng_and_runs_with_them_alone()
    {
        var farm = real.Farm;
        foreach (string name in (string[])["zlib", "libpng", "optipng"])
            Assert.True(await farm.BuildAsync(SampleRecipes.Read(name)) is null, farm.Log);

        var files = await farm.Roots.FilesAsync(farm.Root!, CancellationToken.None);
        Assert.Empty(RootCheck.DevelopmentFiles(files, farm.Built.SelectMany(p => p.Members)));
        Assert.Empty(RootCheck.Libraries(files, farm.Built.SelectMany(p => p.Members)));

        var run = await farm.RunRootAsync("zlib", "libpng", "optipng");
        var libraries = await run.LibrariesAsync("/usr/bin/optipng", CancellationToken.None);
        Assert.Equal("libpng", libraries.Single(l => l.Name.StartsWith("libpng16", StringComparison.Ordinal)).Package);
        Assert.Equal("zlib", libraries.Single(l => l.Name == "libz.so.1").Package);
        var version = await run.RunAsync(["optipng", "-version"], null, CancellationToken.None);
        Assert.Equal(0, version.ExitCode);
        Assert.Contains("Using libpng", version.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_with_its_dependency_removed_fails()
    {
        var farm = real.Farm;

        string? failed = await farm.BuildAsync(SampleRecipes.Read("libpng") with { Dependencies = [], BuildDependencies = [] });

        Assert.Equal("build", failed);
        Assert.Contains("zlib not installed", farm.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_on_the_host_makes_a_package_too()
    {
        var farm = real.Farm;

        Assert.True(await farm.BuildAsync(SampleRecipes.Read("bzip2"), Isolation.Host) is null, farm.Log);
        Assert.Contains(farm.Built.Single(p => p.Name == "bzip2").Members, m => m.Path == "/usr/bin/bzip2" && m.Sha256 is not null);
    }
}
