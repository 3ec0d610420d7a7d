using System.Globalization;
using Xunit;

namespace Quern.Packaging.Tests;

/// <summary>All of the demo's recipes in one go, for the nightly run (some three minutes on two cores).</summary>
[Trait("Speed", "Nightly")]
public sealed class AllSamplesTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] Order =
        ["hello", "bzip2", "xz", "pcre2", "sqlite", "oniguruma", "jq", "zlib", "libpng", "optipng", "ncurses", "readline", "lua"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Explicit = true)]
    public async Task Every_sample_is_built_and_runs_with_libraries_of_the_farm_alone()
    {
        var farm = new SmallFarm(_folder.Path);
        await farm.MakeRootAsync();
        Assert.Equal(Order.Order(StringComparer.Ordinal), SampleRecipes.Names);
        foreach (string name in Order)
        {
            long start = TimeProvider.System.GetTimestamp();
            Assert.True(await farm.BuildAsync(SampleRecipes.Read(name)) is null, farm.Log);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F1} s"));
        }

        var files = await farm.Roots.FilesAsync(farm.Root!, CancellationToken.None);
        var members = farm.Built.SelectMany(p => p.Members).ToList();
        Assert.Empty(Roots.RootCheck.DevelopmentFiles(files, members));
        Assert.Empty(Roots.RootCheck.Libraries(files, members));

        var run = await farm.RunRootAsync(Order);
        await RunsAsync("Hello, world!\n", null, "hello");
        await RunsAsync("[1,2]\n", "{\"a\":[1,2]}", "jq", "-c", ".a");
        await RunsAsync("42\n", null, "lua", "-e", "print(6 * 7)");
        await RunsAsync("42\n", null, "sqlite3", ":memory:", "select 6*7");
        await RunsAsync("two\n", "one two", "pcre2grep", "-o", "t\\w+");
        foreach (string program in (string[])["xz", "bzip2"])
        {
            string file = Path.Combine(run.FilesFolder, "a.txt"), packed = file + (program == "xz" ? ".xz" : ".bz2");
            await File.WriteAllTextAsync(file, "round trip");
            await RunsAsync("", null, program, "a.txt");
            Assert.True(File.Exists(packed) && !File.Exists(file));
            await RunsAsync("", null, program, "-d", Path.GetFileName(packed));
            Assert.Equal("round trip", await File.ReadAllTextAsync(file));
        }
        await File.WriteAllTextAsync(Path.Combine(run.FilesFolder, "dots.pnm"), "P2 2 2 255 0 255 255 0\n");
        await RunsAsync("", null, "optipng", "-quiet", "dots.pnm");
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(Path.Combine(run.FilesFolder, "dots.png")))[..4]);
        foreach (string program in (string[])["jq", "lua", "sqlite3", "pcre2grep", "optipng", "xz", "bzip2"])
        {
            var libraries = await run.LibrariesAsync("/usr/bin/" + program, CancellationToken.None);
            foreach (var library in libraries) output.WriteLine($"{program}: {library.Name} = {library.Path} of {library.Package ?? "the C library"}");
            Assert.Contains(libraries, l => l.Package is not null || program is "bzip2");
            // Whatever is no part of the C library is a member of a farm package, with the same bytes.
            Assert.All(libraries, l => Assert.True(l.Package is not null || l.Name is "libc.so.6" or "libm.so.6" or "libdl.so.2" or "libpthread.so.0"));
        }

        async Task RunsAsync(string expected, string? input, params string[] command)
        {
            var result = await run.RunAsync([.. command], input, CancellationToken.None);
            Assert.Equal((0, expected, ""), (result.ExitCode, result.Output, result.Errors));
        }
    }
}
