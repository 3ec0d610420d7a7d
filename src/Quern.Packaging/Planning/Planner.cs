using System.Collections.Immutable;
using Quern.Archives;
using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>
/// Turns a recipe into remote commands that a stock worker understands too: only <c>shell</c>, <c>mkdir</c>, <c>rmdir</c>,
/// <c>download_file</c> and <c>upload_file</c>. Pure.
/// </summary>
/// <remarks>
/// Everything lies in the folder <c>quern</c> of the working place, except template roots, which all places of a worker share
/// in <c>../roots</c>.
/// </remarks>
public static class Planner
{
    private const string Job = "quern";
    private const long MaxPackageBytes = 4L << 30;  // well above the largest packages of distributions

    private static readonly ImmutableSortedDictionary<int, string> Meanings = new Dictionary<int, string>
    {
        [90] = "A source or a dependency could not be unpacked; the log names it.",
        [91] = "The build script ended well, but the package could not be packed; the log says why.",
        [92] = "The package was built, but the tests of its recipe failed.",
        [96] = "The template root is missing on the worker; the log says why. The next build sends it again.",
        [97] = "This worker cannot build in a sandbox; the log names what is missing. Install or allow it there, or set " +
               "'isolation: host' for the environment in quern.yaml if the worker may be trusted with the recipes.",
    }.ToImmutableSortedDictionary();

    /// <summary>Makes the plan, or says why there is none. Never throws for bad input.</summary>
    public static PlanResult Plan(PlanInputs inputs)
    {
        if (Refusal(inputs) is { } refusal) return new PlanResult.Problem(refusal);

        var recipe = inputs.Recipe;
        var settings = inputs.Settings!;
        var steps = ImmutableArray.CreateBuilder<PlanStep>();
        steps.Add(new PlanStep("clear the place", new RemoteCommand.RemoveDirectory([Job])));
        steps.Add(new PlanStep("make folders",
            new RemoteCommand.MakeDirectory([$"{Job}/in/source", $"{Job}/in/extra", $"{Job}/in/deps", $"{Job}/out"])));
        steps.Add(SendText("send the build script", BuildScript.Text, "build.sh"));

        string? root = null;
        if (settings.Isolation == Isolation.Sandbox)
        {
            root = $"../roots/{inputs.RootArchive!.Value.Hex}";
            AddRoot(steps, inputs.RootArchive.Value.Hex, root);
        }
        foreach (var source in inputs.Sources)
            steps.Add(SendBlob($"send {source.FileName}", source.Sha256, $"in/{(source.IsMain ? "source" : "extra")}/{source.FileName}"));
        for (int i = 0; i < inputs.Packages.Length; i++)
        {
            // Numbered, because the script installs in the order of names.
            var package = inputs.Packages[i];
            steps.Add(SendBlob($"send {package.Name}", package.Sha256, $"in/deps/{i:D4}-{package.Name}.lfpkg"));
        }
        steps.Add(SendText("send the variables", BuildScript.Variables(recipe, settings), "in/package.env"));
        steps.Add(SendText("send the description", LeafText.Of(recipe), "in/leaf.pkg"));
        steps.Add(SendText("send the recipe", RecipeScript.Of(recipe.BuildScript), "in/recipe.sh"));
        if (!recipe.Tests.IsEmpty) steps.Add(SendText("send the tests", RecipeScript.Of(recipe.Tests), "in/tests.sh"));

        bool network = recipe.Network || settings.Network;
        steps.Add(Run("build", settings.Timeout, root is null ? ["host"] : ["sandbox", root, network ? "yes" : "no"]));
        steps.Add(new PlanStep("take the package",
            new RemoteCommand.UploadFile($"{Job}/out/package.lfpkg", new MasterTarget.Package()) { MaxBytes = MaxPackageBytes }));
        steps.Add(new PlanStep("clean up", new RemoteCommand.RemoveDirectory([Job])) { Always = true });
        return new PlanResult.Planned(new Plan(steps.ToImmutable()));
    }

    // Once per worker. Two places may find it missing at the same moment: both send it, and the script keeps one.
    private static void AddRoot(ImmutableArray<PlanStep>.Builder steps, string hash, string root)
    {
        string marker = root + "/.quern-root";
        steps.Add(new PlanStep("send the template root",
            new RemoteCommand.DownloadFile(new MasterSource.Blob(hash), $"{Job}/root.tar.gz"))
        { UnlessExists = marker });
        steps.Add(Run("unpack the template root", TimeSpan.FromMinutes(30), ["root", "../roots", hash, $"{Job}/root.tar.gz"])
            with
        { UnlessExists = marker });
    }

    private static PlanStep Run(string name, TimeSpan? timeout, ImmutableArray<string> arguments) =>
        new(name, new RemoteCommand.Shell
        {
            Command = ["/bin/sh", $"{Job}/build.sh", .. arguments],
            Timeout = timeout,
            LogEnvironment = false,
            TerminationGrace = TimeSpan.FromSeconds(10),    // lets the script's shells take their mounts down
        })
        { Explanations = Meanings };

    private static PlanStep SendText(string name, string text, string to) =>
        new(name, new RemoteCommand.DownloadFile(new MasterSource.Text(text), $"{Job}/{to}"));

    private static PlanStep SendBlob(string name, Sha256Hash hash, string to) =>
        new(name, new RemoteCommand.DownloadFile(new MasterSource.Blob(hash.Hex), $"{Job}/{to}"));

    private static string? Refusal(PlanInputs inputs)
    {
        var recipe = inputs.Recipe;
        string environment = inputs.Environment == BuildEnvironment.Cross ? "cross" : "release";
        string key = $"environments.{environment}";
        if (BuildEnvironments.Refusal(recipe.Name, inputs.Environment, inputs.Settings) is { } refusal) return refusal;
        var settings = inputs.Settings!;
        if (inputs.Environment == BuildEnvironment.Cross && !IsTriplet(settings.Target))
            return $"{recipe.Name} cannot be built for cross: {key}.target in quern.yaml must be a GNU triplet such as aarch64-linux-gnu.";
        if (inputs.Environment == BuildEnvironment.Release && settings.Target is not null)
            return $"{recipe.Name} cannot be built for release: {key}.target in quern.yaml belongs to environments.cross. Move it there.";
        if (settings.Isolation == Isolation.Sandbox && inputs.RootArchive is null)
            return $"{recipe.Name} cannot be built for {environment}: the template root of {key}.root is not made yet. See the farm's log for the reason.";
        if (!IsVersion(recipe.Version) || recipe.RealVersion.Length is 0 or > 9 || !recipe.RealVersion.All(char.IsAsciiDigit))
            return $"{recipe.Name} cannot be built: version '{recipe.Version}' or real_version '{recipe.RealVersion}' is not valid. Submit a corrected recipe.";
        if (recipe.BuildScript.IsEmpty)
            return $"{recipe.Name} cannot be built: its recipe has no build script. Submit one with a 'build={{' block.";
        if (recipe.BuildScript.Concat(recipe.Tests).Any(line => line.AsSpan().ContainsAny('\0', '\n')))
            return $"{recipe.Name} cannot be built: a line of its script holds a NUL or a line end. Submit a corrected recipe.";
        return SourceRefusal(inputs) ?? PackageRefusal(inputs, environment);
    }

    private static string? SourceRefusal(PlanInputs inputs)
    {
        var recipe = inputs.Recipe;
        int expected = recipe.ExtraSources.Length + (recipe.Source.Length > 0 ? 1 : 0);
        if (inputs.Sources.Length != expected)
            return $"{recipe.Name} cannot be built: its recipe names {expected} sources, {inputs.Sources.Length} are at hand. Fetch them first.";
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in inputs.Sources)
        {
            if (source.FileName != Sources.SourceAddress.SafeFileName(source.FileName))
                return $"{recipe.Name} cannot be built: '{source.FileName}' is not a safe file name for a source. Rename it where it comes from.";
            if (!names.Add(source.FileName))
                return $"{recipe.Name} cannot be built: two of its sources are called '{source.FileName}'. Rename one.";
        }
        return null;
    }

    private static string? PackageRefusal(PlanInputs inputs, string environment)
    {
        var there = inputs.Packages.ToDictionary(p => p.Name);
        var needed = DependencyClosure.Direct(inputs.Recipe, inputs.Environment).Concat(inputs.Packages.SelectMany(p => p.Dependencies));
        foreach (var name in needed)
        {
            if (!there.ContainsKey(name))
                return $"{inputs.Recipe.Name} cannot be built for {environment}: it needs {name}, of which there is no finished {environment} package. Build {name} first.";
        }
        return null;
    }

    private static bool IsVersion(string text) =>
        text.Length is > 0 and <= 64 && text is not ("." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || "._+~:-".Contains(c, StringComparison.Ordinal));

    private static bool IsTriplet(string? text) =>
        text is { Length: > 0 and <= 64 } && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
