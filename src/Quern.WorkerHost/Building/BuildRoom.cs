using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Quern.Archives;
using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>
/// The root of one build. <c>/branchbuild/build</c> holds the sources and is where the script runs; what it puts below
/// <c>/branchbuild/NAME-VERSION/data</c> becomes the package. Branch protocol, "Build environment on the bot".
/// </summary>
internal sealed class BuildRoom(string folder, string template, BuildSandbox sandbox, ProgramRunner runner, BotLimits limits)
{
    /// <summary>Where sources are put, from the root.</summary>
    public const string SourceFolder = "branchbuild/build/";

    private const string Script = "build.sh";

    /// <summary>The root as it is seen from outside.</summary>
    public RootFolder Root { get; } = sandbox.HasOverlay ? new RootFolder(Path.Combine(folder, "upper"), template) : new RootFolder(Path.Combine(folder, "merged"));

    /// <summary>The upper folder of the root, where everything that was written lies.</summary>
    private string Written => Path.Combine(folder, sandbox.HasOverlay ? "upper" : "merged");

    /// <summary>A file for what is fetched before it goes into the root.</summary>
    public string ScratchFile(string name) => Path.Combine(folder, name);

    /// <summary>Opens a file among the sources, in place of what stands there.</summary>
    /// <param name="name">A file name that was checked.</param>
    public FileStream CreateSource(string name) =>
        new(Root.MakeRoom(SourceFolder + name, out _), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite });

    /// <summary>Runs the recipe's script.</summary>
    /// <param name="output">Takes what it says.</param>
    /// <returns>Its exit code, -1 for an end by a signal; null when its time was over.</returns>
    public async Task<int?> RunScriptAsync(Recipe recipe, Func<ReadOnlyMemory<byte>, ValueTask> output, CancellationToken cancellationToken)
    {
        Root.MakeFolder(PackageFolder(recipe) + "/data");
        Root.MakeFolder("root");
        await using (var script = CreateSource(Script)) await script.WriteAsync(Encoding.UTF8.GetBytes(RecipeScript.Of(recipe.BuildScript)), cancellationToken);
        File.SetUnixFileMode(Root.MakeFolder(SourceFolder) + "/" + Script, (UnixFileMode)0x1ED);   // 0755
        return await runner.RunAsync(
            sandbox.InRoot(template, "/" + SourceFolder.TrimEnd('/'), Variables(recipe), ["/usr/bin/bash", "./" + Script]), limits.BuildTime, output, cancellationToken);
    }

    /// <summary>What the script has put into the package.</summary>
    /// <exception cref="BotFailureException">It is no folder any more, or holds what a package cannot.</exception>
    public PackageTree ReadPackage(Recipe recipe)
    {
        // The script may have put links in the place of these folders, which would lead out of the root.
        string at = Written;
        foreach (string part in (string[])["branchbuild", $"{recipe.Name}-{recipe.Version}", "data"])
        {
            at = Path.Combine(at, part);
            if (new FileInfo(at).LinkTarget is not null || !Directory.Exists(at)) throw new BotFailureException($"the script has replaced the folder {part} of the package");
        }
        return PackageTree.Read(at);
    }

    /// <summary>Strips programs and libraries with the root's own program, or with the machine's when the root has none.</summary>
    /// <param name="tree">From <see cref="ReadPackage"/>; to be read again afterwards.</param>
    /// <param name="say">Takes a line for each file, and what the program complains of.</param>
    public async Task StripAsync(Recipe recipe, PackageTree tree, Action<string> say, CancellationToken cancellationToken)
    {
        const int atOnce = 100;
        foreach (string[] names in tree.Programs().Chunk(atOnce))
        {
            ImmutableArray<string> program = ["/usr/bin/strip", "--", .. names];
            var command = Root.IsFile("usr/bin/strip")
                ? sandbox.InRoot(template, $"/{PackageFolder(recipe)}/data", [("PATH", "/usr/bin:/usr/sbin")], program)
                : BuildSandbox.OnHost(tree.Folder, program);
            var said = new StringBuilder();
            int? code = await runner.RunAsync(command, limits.StepTime, text =>
            {
                if (said.Length < limits.MaxLineCharacters) said.Append(Encoding.UTF8.GetString(text.Span));
                return ValueTask.CompletedTask;
            }, cancellationToken);
            foreach (string name in names) say(name);
            // What cannot be stripped is packed as it is, as with the originals.
            if (code == 0) continue;
            foreach (string line in said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)) say(line);
        }
    }

    /// <summary>Packs what <see cref="ReadPackage"/> found.</summary>
    /// <returns>The path of the package file.</returns>
    public async Task<string> PackAsync(Recipe recipe, PackageTree tree, CancellationToken cancellationToken)
    {
        string tar = Path.Combine(folder, "package.tar");
        try
        {
            await PackageWriter.WriteAsync(tar, recipe, tree, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BotFailureException($"the package cannot be packed: {e.Message}");
        }
        await runner.RunToSuccessAsync(["xz", "--compress", "--force", "--check=crc64", "-6", "-T1", "--", tar], limits.StepTime, cancellationToken);
        string package = tar + ".xz";
        return new FileInfo(package).Length <= limits.MaxPackageBytes ? package : throw new BotFailureException($"the package has more than {limits.MaxPackageBytes} bytes");
    }

    private static string PackageFolder(Recipe recipe) => $"branchbuild/{recipe.Name}-{recipe.Version}";

    // As variables of the sandbox they go through no shell: no name or version can be read as a command.
    private static IEnumerable<(string, string)> Variables(Recipe recipe) =>
    [
        ("PKG_NAME", recipe.Name.Value), ("PKG_VERSION", recipe.Version), ("PKG_REAL_VERSION", recipe.RealVersion),
        ("PKG_INSTALL_DIR", $"/{PackageFolder(recipe)}/data"), ("HOME", "/root/"), ("TERM", "dumb"), ("PATH", "/usr/bin:/usr/sbin"),
        ("QUERN_JOBS", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
    ];
}
