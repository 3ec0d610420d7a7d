using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.PackageFiles;
using Quern.Packaging.Runs;

namespace Quern.Cli.Demo;

/// <summary>One program of a finished package that the demo runs.</summary>
/// <param name="Package">The package it belongs to.</param>
/// <param name="Program">Its path in the root, for the list of libraries it maps.</param>
/// <param name="Script">What is run, by the arguments of a shell-less call.</param>
/// <param name="Input">Standard input, or null.</param>
/// <param name="Expected">What its output must contain.</param>
internal sealed record DemoTrial(PackageName Package, string Program, ImmutableArray<string> Script, string? Input, string Expected);

/// <summary>What came of a trial.</summary>
/// <param name="Trial">What was run.</param>
/// <param name="Good">Whether it said what it must and maps only the farm's libraries.</param>
/// <param name="Said">Its first line, or what went wrong.</param>
/// <param name="Libraries">Each mapped library and the package it came from; the C library is left out.</param>
internal sealed record DemoTrialResult(DemoTrial Trial, bool Good, string Said, ImmutableArray<MappedLibrary> Libraries);

/// <summary>
/// Runs some of the results, each in a root that holds nothing but the C library, the package and what it needs to run, all
/// from the farm. A library counts as the farm's when the mapped file has the SHA-256 of the member in the artifact.
/// </summary>
internal static class DemoRuns
{
    public static ImmutableArray<DemoTrial> Trials { get; } =
    [
        Trial("hello", ["/usr/bin/hello"], null, "Hello, world!"),
        Trial("jq", ["/usr/bin/jq", "-c", ".farm | test(\"^q\"; \"i\")"], "{\"farm\": \"Quern\"}\n", "true"),
        Trial("lua", ["/usr/bin/lua", "-e", "print(6 * 7)"], null, "42"),
        Trial("sqlite", ["/usr/bin/sqlite3", ":memory:", "select 'built by ' || upper('quern')"], null, "built by QUERN"),
        Trial("pcre2", ["/usr/bin/pcre2grep", "-o", "t\\w+"], "one two\n", "two"),
        Trial("optipng", ["/usr/bin/optipng", "--version"], null, "libpng"),
        Trial("xz", ["/usr/bin/xz", "--version"], null, "liblzma"),
        Trial("bzip2", ["/usr/bin/bzip2", "--version"], null, "bzip2"),
    ];

    /// <summary>Runs every trial whose package is there.</summary>
    /// <param name="template">The unpacked template root.</param>
    /// <param name="scratch">A folder for the run roots; emptied afterwards.</param>
    /// <param name="packages">Finished packages by name.</param>
    public static async Task<ImmutableArray<DemoTrialResult>> RunAsync(
        string template, string scratch, IReadOnlyDictionary<PackageName, DemoPackage> packages, CancellationToken cancellationToken)
    {
        var results = ImmutableArray.CreateBuilder<DemoTrialResult>();
        foreach (var trial in Trials.Where(t => packages.ContainsKey(t.Package)))
        {
            string folder = Path.Combine(scratch, $"run-{trial.Package}");
            try
            {
                results.Add(await RunAsync(trial, template, folder, packages, cancellationToken));
            }
            finally
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            }
        }
        return results.ToImmutable();
    }

    private static async Task<DemoTrialResult> RunAsync(
        DemoTrial trial, string template, string folder, IReadOnlyDictionary<PackageName, DemoPackage> packages, CancellationToken cancellationToken)
    {
        var needed = ImmutableArray.CreateBuilder<RunPackage>();
        foreach (var package in Closure(trial.Package, packages))
        {
            await using var file = File.OpenRead(package.ArtifactPath);
            if (await PackageFile.VerifyAsync(file, package.Recipe, new PackageLimits(), cancellationToken) is not PackageCheck.Valid valid)
                return new DemoTrialResult(trial, false, $"the package file of {package.Recipe.Name} does not verify", []);
            needed.Add(new RunPackage(package.Recipe.Name.Value, package.ArtifactPath, valid.Members));
        }
        var (root, problem) = await RunRoot.CreateAsync(folder, template, needed.ToImmutable(), cancellationToken);
        if (root is null) return new DemoTrialResult(trial, false, problem, []);

        var ran = await root.RunAsync(trial.Script, trial.Input, cancellationToken);
        var libraries = (await root.LibrariesAsync(trial.Program, cancellationToken)).Where(l => !IsCLibrary(l.Name)).ToImmutableArray();
        string first = ran.Output.Split('\n').FirstOrDefault(l => l.Contains(trial.Expected, StringComparison.Ordinal)) ?? "";
        if (ran.ExitCode != 0 || first.Length == 0)
            return new DemoTrialResult(trial, false, $"exit code {ran.ExitCode}, said '{ran.Output.Trim()}' {ran.Errors.Trim()}", libraries);
        return libraries.FirstOrDefault(l => l.Package is null) is { } foreign
            ? new DemoTrialResult(trial, false, $"it maps {foreign.Path}, which is not the farm's", libraries)
            : new DemoTrialResult(trial, true, first.Trim(), libraries);
    }

    private static List<DemoPackage> Closure(PackageName start, IReadOnlyDictionary<PackageName, DemoPackage> packages)
    {
        var found = new List<DemoPackage>();
        var open = new Queue<PackageName>([start]);
        var seen = new HashSet<PackageName>();
        while (open.TryDequeue(out var name))
        {
            if (!seen.Add(name) || !packages.TryGetValue(name, out var package)) continue;
            found.Add(package);
            foreach (var need in package.Recipe.Dependencies) open.Enqueue(need);
        }
        return found;
    }

    private static bool IsCLibrary(string name) =>
        name.StartsWith("libc.", StringComparison.Ordinal) || name.StartsWith("libm.", StringComparison.Ordinal) || name.StartsWith("ld-linux", StringComparison.Ordinal) ||
        name.StartsWith("libdl.", StringComparison.Ordinal) || name.StartsWith("libpthread.", StringComparison.Ordinal) || name.StartsWith("librt.", StringComparison.Ordinal);

    private static DemoTrial Trial(string package, ImmutableArray<string> command, string? input, string expected) =>
        new(new PackageName(package), command[0], command, input, expected);
}
