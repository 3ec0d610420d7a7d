using System.Collections.Immutable;
using System.Net;
using Quern.MasterHost.Configuration;
using Quern.Peers.Branch;
using Quern.Storage;

namespace Quern.MasterHost;

/// <summary>How a master is started: what the command line says, over what the file says.</summary>
public sealed record MasterOptions
{
    /// <summary>The data folder, absolute; made when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where HTTP listens. Loopback unless asked for otherwise.</summary>
    public IPEndPoint Http { get; init; } = new(IPAddress.Loopback, 8010);

    /// <summary>Listeners of this run, beside those that are stored.</summary>
    public ImmutableArray<ListenerSetting> Listen { get; init; } = [];

    /// <summary>What the file says.</summary>
    public FarmConfiguration Configuration { get; init; } = FarmConfiguration.Empty;

    /// <summary>The first password of user <c>admin</c>; null makes a random one.</summary>
    public string? FirstPassword { get; init; }

    /// <summary>The program that fetches sources, with its first arguments.</summary>
    public required ImmutableArray<string> FetchProgram { get; init; }

    /// <summary>Where programs for agents lie that came with this one, in folders named by their platform; the operator's own are in the data folder.</summary>
    public string PayloadFolder { get; init; } = Path.Combine(AppContext.BaseDirectory, "payloads");

    /// <summary>Whether what an operator would tell a colleague is told on standard error; else only what went wrong.</summary>
    public bool Verbose { get; init; }

    /// <summary>For tests that plant a defect in the store; no command line and no file reaches it.</summary>
    internal Func<StoreOptions, StoreOptions>? AlterStore { get; init; }

    /// <summary>Where keys for Branch's HTTP API come from: 122 bits of a cryptographic source each.</summary>
    public Func<Guid> NewKey { get; init; } = Guid.NewGuid;

    /// <summary>For tests of agents whose farm has no doors for them.</summary>
    internal Agents.IFarmDoors? AgentDoors { get; init; }

    /// <summary>For tests that cannot wait as long as a farm does.</summary>
    internal Func<BranchOptions, BranchOptions>? AlterBranch { get; init; }
}
