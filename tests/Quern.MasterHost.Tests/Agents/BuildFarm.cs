using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Agents;
using Quern.MasterHost.Agents.Deployment;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>The desk for agents made to order, with a store, a program that is none, and doors that are open.</summary>
internal sealed class BuildFarm : IAsyncDisposable, IFarmDoors
{
    public const string Group = "lab machines";
    public const string Pin = "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80=";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ScratchFolder _folder = new();

    private BuildFarm() => Payloads = new AgentPayloads([_folder["payloads"], _folder["beside"]]);

    public ManualTimeProvider Time { get; } = new();

    public KeyDesk Desk { get; } = new();

    public FarmStore Store { get; private set; } = null!;

    public AgentPayloads Payloads { get; }

    public AgentBuilds Builds { get; private set; } = null!;

    public FarmDoors Doors { get; set; } = new([IPEndPoint.Parse("192.0.2.7:8768")], [IPEndPoint.Parse("192.0.2.7:9992")], [Pin]);

    /// <summary>Where builds are kept.</summary>
    public string BuildsFolder => _folder["builds"];

    public string this[string name] => _folder[name];

    /// <summary>When set, builds wait for it where they ask for the farm's doors.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>One is taken for every build that has come to <see cref="Hold"/>.</summary>
    public SemaphoreSlim Held { get; } = new(0);

    public static async Task<BuildFarm> StartAsync(bool withProgram = true)
    {
        var farm = new BuildFarm();
        farm.Store = await FarmStore.OpenAsync(new StoreOptions { Connection = $"sqlite:{farm._folder["farm.db"]}" }, farm.Time, CancellationToken.None);
        await farm.Store.EnsureBuiltInRolesAsync(BuiltInRoles.All, Actor.Farm, CancellationToken.None);
        Assert.IsType<AccountChange.Saved>(await farm.Store.CreateAccountAsync(Account.New("mira").Row, Actor.Farm, CancellationToken.None));
        Assert.IsType<AccountChange.Saved>(await farm.Store.CreateGroupAsync(new StoredGroup("g-1", Group, "", [new("mira", "owner")]), Actor.Farm, CancellationToken.None));
        if (withProgram) farm.PutProgram("payloads", "linux-x64", Elf());
        await farm.OpenAsync();
        return farm;
    }

    public void PutProgram(string folder, string rid, byte[] program)
    {
        Directory.CreateDirectory(Path.Combine(_folder[folder], rid));
        File.WriteAllBytes(Path.Combine(_folder[folder], rid, "quern-worker"), program);
    }

    /// <summary>The desk anew over the same folder and database, as after a restart.</summary>
    public async Task RestartAsync()
    {
        await Builds.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>The desk of another master that shares the database.</summary>
    public Task<AgentBuilds> OtherMasterAsync() => OpenAsync(_folder["other builds"]);

    /// <summary>The build at its end.</summary>
    public async Task<AgentBuild> EndOfAsync(string build)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            long seen = Store.LastSequence;
            if (await Builds.FindAsync(Owner, build, patience.Token) is { HasEnded: true } ended) return ended;
            await Store.WaitPastAsync(seen, patience.Token).WaitAsync(patience.Token);
        }
    }

    public static Caller Caller(params string[] rights) => new(new Principal("user:mira", [.. rights]), IPAddress.Parse("192.0.2.1"), "http");

    /// <summary>Whoever owns the group.</summary>
    public static Caller Owner => Caller($"*@{Group}");

    public static AgentOrder Order(string format = "tar.gz", string platform = "linux-x64") => new(Group, platform, format);

    /// <summary>Orders, and waits for the end.</summary>
    /// <param name="look">Given each step as it comes.</param>
    public async Task<List<AgentProgress>> BuildAsync(AgentOrder order, Action<AgentProgress>? look = null)
    {
        var steps = new ConcurrentQueue<AgentProgress>();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = await Builds.BuildAsync(Owner, order, step =>
        {
            steps.Enqueue(step);
            look?.Invoke(step);
            if (step.Step is AgentBuildStep.Done or AgentBuildStep.Error) ended.TrySetResult();
        }, CancellationToken.None);
        Assert.Equal((EstateCode.Accepted, ""), (answer.Code, answer.Detail));
        await ended.Task.WaitAsync(Patience);
        return [.. steps];
    }

    public async Task<byte[]> FetchAsync(string build, Caller? who = null)
    {
        var all = new MemoryStream();
        while (await Builds.FetchAsync(who ?? Owner, build, all.Length, 1 << 20, CancellationToken.None) is { } part)
        {
            Assert.Equal(all.Length, part.Offset);
            all.Write(part.Data.Span);
            if (all.Length == part.Total) return all.ToArray();
        }
        throw new InvalidOperationException("There is no such artifact.");
    }

    public async Task<FarmDoors> FindAsync(CancellationToken cancellationToken)
    {
        Held.Release();
        if (Hold is { } hold) await hold.Task.WaitAsync(cancellationToken);
        return Doors;
    }

    public async ValueTask DisposeAsync()
    {
        await Builds.DisposeAsync();
        await Store.DisposeAsync();
        Held.Dispose();
        _folder.Dispose();
    }

    /// <summary>The head of a program for x86-64 and nothing behind it.</summary>
    public static byte[] Elf(ushort machine = 62)
    {
        byte[] program = new byte[4096];
        "\u007fELF"u8.CopyTo(program);
        (program[4], program[5], program[16], program[18], program[19]) = (2, 1, 3, (byte)machine, (byte)(machine >> 8));
        return program;
    }

    /// <summary>What is in a file that somebody has open, as the database is.</summary>
    public static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private async Task OpenAsync()
    {
        Builds = await OpenAsync(BuildsFolder);
        Builds.Start();
    }

    private Task<AgentBuilds> OpenAsync(string folder) => AgentBuilds.OpenAsync(
        folder, Payloads, this, Desk, new SshDeployer(folder, TimeProvider.System), Store, new RefusalBook(Store, Time), Time, NullLogger<AgentBuilds>.Instance, CancellationToken.None);
}
