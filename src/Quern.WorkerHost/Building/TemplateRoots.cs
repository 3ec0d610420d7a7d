using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Quern.Archives;
using Quern.Protocols.Branch.Packages;

namespace Quern.WorkerHost;

/// <summary>
/// Roots that builds lie over, each named by what it was made from: the packages of a closure with their hashes. When the master has newer
/// ones, another root is made, and the old one goes.
/// </summary>
internal sealed class TemplateRoots(string folder, PackageShelf shelf, BotLimits limits)
{
    private const int MaxNamed = 20;

    // Made by each sandbox for itself, so packages need not have them; and the folder of builds.
    private static readonly ImmutableArray<string> Places = ["dev", "proc", "sys", "run", "tmp", "root", "branchbuild"];

    /// <summary>The folder of the root with these packages and all they need, made when it is missing.</summary>
    /// <param name="say">Takes lines of the package manager.</param>
    /// <exception cref="BotFailureException">It cannot be made.</exception>
    public async Task<string> MakeAsync(IEnumerable<string> names, LeafPackageList list, ProgramRunner runner, Action<string> say, CancellationToken cancellationToken)
    {
        var packages = PackageClosure.Of(names, list);
        string root = Path.Combine(folder, KeyOf(packages));
        if (Directory.Exists(root)) return root;
        Directory.CreateDirectory(folder);
        string partial = Path.Combine(folder, ".new");
        await Disposal.RemoveAsync(partial, runner, limits, cancellationToken);
        try
        {
            var target = new RootFolder(partial);
            foreach (string place in Places) target.MakeFolder(place);
            await InstallAsync(packages, target, say, cancellationToken);
            // Its name says that it is whole, also after a power cut.
            await runner.RunToSuccessAsync(["sync", "-f", partial], limits.StepTime, cancellationToken);
            Directory.Move(partial, root);
        }
        catch (BotFailureException)
        {
            await Disposal.RemoveAsync(partial, runner, limits, cancellationToken);
            throw;
        }
        return root;
    }

    /// <summary>Installs packages, what is needed before what needs it. Later files take the places of earlier ones, as the package manager is told to.</summary>
    /// <exception cref="BotFailureException">One cannot be fetched or installed.</exception>
    public async Task InstallAsync(ImmutableArray<LeafPackage> packages, RootFolder target, Action<string> say, CancellationToken cancellationToken)
    {
        foreach (var package in packages.Where(p => !p.IsCollection))
        {
            string path = await shelf.PathOfAsync(package, url => say($"fetching {url}"), cancellationToken);
            int replaced = 0;
            try
            {
                await using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
                await PackageUnpacker.InstallAsync(file, $"{package.Name}-{package.Version}", target, limits.Unpack, other =>
                {
                    if (++replaced <= MaxNamed) say($"{package.Name} replaces {other}");
                }, cancellationToken);
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                throw new BotFailureException($"the package {package.Name} {package.Version} cannot be installed: {e.Message}");
            }
            say($"installed {package.Name} {package.Version} ({package.RealVersion})");
        }
    }

    /// <summary>Removes all roots but these.</summary>
    public async Task SweepAsync(IEnumerable<string> kept, ProgramRunner runner, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder)) return;
        foreach (string root in Directory.EnumerateDirectories(folder).Except(kept, StringComparer.Ordinal).ToList())
            await Disposal.RemoveAsync(root, runner, limits, cancellationToken);
    }

    private static string KeyOf(ImmutableArray<LeafPackage> packages)
    {
        var text = new StringBuilder("quern-root-1\n");
        foreach (var package in packages) text.Append(package.Name).Append('\0').Append(package.Version).Append('\0').Append(package.RealVersion).Append('\0').Append(package.Hash).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
