using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Agents;
using Quern.MasterHost.Api;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Listeners;
using Quern.Packaging.Planning;
using Quern.Packaging.Roots;
using Quern.Packaging.Sources;
using Quern.Peers.Admin;
using Quern.Peers.Branch;
using Quern.Peers.Buildbot;
using Quern.Peers.Buildbot.Perspective;
using Quern.Peers.Dispatch;
using Quern.Peers.Recipes;
using Quern.Protocols.Branch;
using Quern.Storage;

namespace Quern.MasterHost;

/// <content>How its parts are made from options and configuration.</content>
public sealed partial class QuernMaster
{
    /// <summary>One for each protocol; together they know which connection of a name is the newest.</summary>
    private static ImmutableDictionary<string, IWorkerAcceptor> Acceptors(
        WorkerDoor workers, AgentRoom agents, BranchAcceptor branch, LeafServer leaf, InnerTransport pages, AdminAcceptor admin, TimeProvider time)
    {
        var registry = new LinkRegistry();
        return new Dictionary<string, IWorkerAcceptor>
        {
            [ListenerProtocols.BuildbotMessagePack] = new MessagePackAcceptor(workers, registry, new MessagePackOptions(), time, agents),
            [ListenerProtocols.BuildbotPerspective] = new PerspectiveAcceptor(workers, registry, new PerspectiveLinkOptions(), time),
            [ListenerProtocols.Branch] = branch,
            [ListenerProtocols.Leaf] = leaf,
            [ListenerProtocols.Http] = pages,
            [ListenerProtocols.Admin] = admin,
        }.ToImmutableDictionary();
    }

    private static async Task<AdminOptions> AdminOptionsAsync(FarmConfiguration configuration, FarmStore store, CancellationToken cancellationToken) => new()
    {
        ServerUuid = await store.FarmUuidAsync(cancellationToken),
        RequiresTotp = configuration.Accounts.RequireTotp,
        MinPassword = AccountRules.MinPassword,
        StepUp = configuration.Accounts.StepUp,
        TakesOutcomes = configuration.Accounts.OldestClients,
    };

    private static (BranchAcceptor Acceptor, BranchDesk Desk) Branch(
        MasterOptions master, BranchDoor door, BranchBuilds builds, FarmStore store, LogStore logs, BlobStore blobs, WorkerPool pool,
        BuildEnvironments environments, BranchBook book, TimeProvider time)
    {
        var configuration = master.Configuration;
        var options = new BranchOptions
        {
            MaxSourceBytes = configuration.Limits.SourceBytes,
            MaxSolutionNames = configuration.Limits.BatchJobs,
            RealRootPackages = configuration.Branch.RealRootPackages,
            MaxPackageBytes = configuration.Limits.PackageBytes,
            BotTags = configuration.Branch.Bots.Tags,
            MaxBuildTime = configuration.Branch.Bots.MaxBuild,
            PackageListUrl = PackageListUrl(configuration),
        };
        options = master.AlterBranch?.Invoke(options) ?? options;
        var clients = new BranchClients();
        var bots = new BranchBots(door, store, blobs, pool, environments, options, time);
        var desk = new BranchDesk(door, builds, store, logs, blobs, pool, environments, clients, bots, book, options);
        return (new BranchAcceptor(door, desk, clients, bots, options, time), desk);
    }

    /// <summary>What the file says, for bots or for everybody; empty when it says neither.</summary>
    private static string PackageListUrl(FarmConfiguration configuration) =>
        configuration.Branch.PackageListUrl.Length > 0 || configuration.Leaf.Url.Length == 0
            ? configuration.Branch.PackageListUrl
            : LeafAddress.ListUrl(configuration.Leaf.Url);

    private static RecipeRoad Recipes(MasterOptions options, DataFolder folder, FarmStore store, BlobStore blobs, RootMaker roots, BuildEnvironments environments, TimeProvider time)
    {
        var configuration = options.Configuration;
        var shelf = new BlobShelf(blobs, configuration.Limits.SourceBytes);
        var fetcher = new SourceFetcher(
            new SourceFetcherOptions
            {
                Program = options.FetchProgram[0],
                Arguments = options.FetchProgram[1..],
                WorkFolder = folder["fetch"],
                AptFolder = folder["apt"],
                Suite = SuiteOf(configuration),
                Folders = configuration.SourceFolders,
                AllowPrivateAddresses = configuration.AllowPrivateAddresses,
                Limits = new FetchLimits { MaxBytes = configuration.Limits.SourceBytes },
            },
            shelf, time);
        return new RecipeRoad(store, blobs, new SourceShelf(store, fetcher), new PackageShelf(store), roots, environments);
    }

    /// <summary>The suite that <c>deb-src:</c> reads: that of the release root, else the machine's own.</summary>
    private static string SuiteOf(FarmConfiguration configuration)
    {
        if (configuration.Release?.Root is RootSettings.Debian debian) return debian.Suite;
        string? line = File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))
            : null;
        return line is null ? "stable" : line["VERSION_CODENAME=".Length..].Trim('"');
    }

    private static WebApplication BuildHttp(MasterOptions options, ServiceCollection services, InnerTransport transport)
    {
        // Empty: nothing of the machine's environment or of files beside the program changes how the master listens.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        Logging(builder.Logging, options.Verbose);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.Configuration.Limits.RequestBytes;
            kestrel.Listen(transport.Place, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton<IConnectionListenerFactory>(transport);
        foreach (var service in services) builder.Services.Add(service);
        builder.Services.AddHttpApi();
        var app = builder.Build();
        app.UseHttpApi();
        return app;
    }

    private static void Logging(ILoggingBuilder logging, bool verbose)
    {
        // Standard output is for what programs read; all that is told to people goes to standard error.
        logging.AddSimpleConsole(c => c.SingleLine = true);
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(c => c.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);   // a start that fails is told in our own words
        logging.AddFilter("Quern", verbose ? LogLevel.Information : LogLevel.Warning);
    }
}
