using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Packages;

namespace Quern.WorkerHost;

/// <summary>
/// What a bot keeps on its machine: package files, template roots, the room of the one build. It stays when the connection goes. Used by
/// one connection at a time.
/// </summary>
/// <param name="folder">Its own, absolute; <c>packages</c>, <c>roots</c> and <c>build</c> lie in it.</param>
/// <param name="hasNetwork">Whether builds may reach the network.</param>
/// <param name="privateSources">Whether recipes may name sources at private addresses.</param>
internal sealed class BuildYard(string folder, bool hasNetwork, bool privateSources, BotLimits limits, TimeProvider time) : IDisposable
{
    private const string CrossTools = "crosstools";

    private readonly WebFetcher _packages = new(anywhere: true, limits, time);
    private readonly WebFetcher _sources = new(privateSources, limits, time);
    private BuildSandbox? _sandbox;

    public BotLimits Limits => limits;

    /// <summary>For what recipes name.</summary>
    public WebFetcher Sources => _sources;

    private string RoomFolder => Path.Combine(folder, "build");

    private TemplateRoots Roots => new(Path.Combine(folder, "roots"), Shelf, limits);

    private PackageShelf Shelf => new(Path.Combine(folder, "packages"), _packages, limits);

    /// <summary>Clears what a run before has left, and finds out once how builds can be kept apart from the machine.</summary>
    /// <returns>Null, or why nothing can be built here.</returns>
    public async Task<string?> OpenAsync(ProgramRunner runner, CancellationToken cancellationToken)
    {
        if (_sandbox is not null) return null;
        try
        {
            await Disposal.RemoveAsync(RoomFolder, runner, limits, cancellationToken);
            Directory.CreateDirectory(RoomFolder);
            (_sandbox, string problem) = await BuildSandbox.FindAsync(runner.In(RoomFolder), RoomFolder, hasNetwork, limits, cancellationToken);
            await Disposal.RemoveAsync(RoomFolder, runner, limits, cancellationToken);
            return _sandbox is null ? problem : null;
        }
        catch (Exception e) when (e is BotFailureException or IOException or UnauthorizedAccessException)
        {
            return $"the folder {folder} cannot be used: {e.Message}";
        }
    }

    /// <summary>Reads the package list and makes what roots it calls for, where they are not there yet.</summary>
    /// <exception cref="BotFailureException">A root that the master deploys cannot be made.</exception>
    public async Task<Deployed> DeployAsync(BranchDeployment deployment, ProgramRunner runner, Action<string> say, CancellationToken cancellationToken)
    {
        if (!deployment.RealRoot && !deployment.CrossRoot) return new Deployed(LeafPackageList.Empty, null, null);
        try
        {
            var list = LeafPackageList.TryRead(await _packages.BytesAsync(deployment.PackageListUrl, limits.MaxListBytes, cancellationToken), out string problem)
                ?? throw new BotFailureException($"{problem} ({deployment.PackageListUrl})");
            foreach (string line in list.PassedOver) say($"passed over in the package list: {line}");
            var roots = Roots;
            string? release = deployment.RealRoot ? await roots.MakeAsync(deployment.RealRootPackages, list, runner, say, cancellationToken) : null;
            string? cross = deployment.CrossRoot ? await roots.MakeAsync([CrossTools], list, runner, say, cancellationToken) : null;
            await roots.SweepAsync(new[] { release, cross }.OfType<string>(), runner, cancellationToken);
            Shelf.Sweep(list);
            return new Deployed(list, release, cross);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BotFailureException($"the roots cannot be kept in {folder}: {e.Message}");
        }
    }

    /// <summary>A fresh root for one build.</summary>
    /// <param name="template">What it lies over.</param>
    public async Task<BuildRoom> OpenRoomAsync(string template, ProgramRunner runner, CancellationToken cancellationToken)
    {
        var sandbox = _sandbox ?? throw new InvalidOperationException("The yard is not open.");
        await CloseRoomAsync(runner, cancellationToken);
        foreach (string name in (string[])["lower", "upper", "work"]) Directory.CreateDirectory(Path.Combine(RoomFolder, name));
        if (sandbox.HasOverlay) Directory.CreateDirectory(Path.Combine(RoomFolder, "merged"));
        else await runner.RunToSuccessAsync(["cp", "-a", "--reflink=auto", template, Path.Combine(RoomFolder, "merged")], limits.StepTime, cancellationToken);
        return new BuildRoom(RoomFolder, template, sandbox, runner.In(RoomFolder), limits);
    }

    /// <summary>Throws the root of the last build away.</summary>
    public Task CloseRoomAsync(ProgramRunner runner, CancellationToken cancellationToken) => Disposal.RemoveAsync(RoomFolder, runner, limits, cancellationToken);

    /// <summary>Installs what a build needs into its root.</summary>
    public async Task InstallAsync(IEnumerable<string> names, Deployed deployed, BuildRoom room, Action<string> say, CancellationToken cancellationToken)
    {
        var packages = PackageClosure.Of(names, deployed.List);
        try
        {
            await Roots.InstallAsync(packages, room.Root, say, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BotFailureException($"what the build needs cannot be kept in {folder}: {e.Message}");
        }
    }

    public void Dispose()
    {
        _packages.Dispose();
        _sources.Dispose();
    }
}
