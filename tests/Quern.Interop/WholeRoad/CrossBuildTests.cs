using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging;
using Quern.Packaging.Sources;
using Quern.Testing;
using Quern.WorkerHost;

namespace Quern.Interop.WholeRoad;

/// <summary>The farm of <c>samples/cross.yaml</c>: real cross builds in a real cross root. Needs mmdebstrap, bwrap and the archive.</summary>
public sealed class CrossBuildTests
{
    private const ushort Aarch64 = 183;     // e_machine, EM_AARCH64
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    [Fact(Explicit = true)]
    [Trait("Run", "nightly")]
    public async Task A_chain_is_built_for_the_target_and_takes_nothing_from_release()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        master.Attach(new EmbeddedWorkerLink(new WorkerName("embedded"), folder["worker"], TimeProvider.System), slots: 2);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{master.Http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(folder["data/token"])).Trim());
        foreach (string name in (string[])["hello", "zlib", "libpng"])
        {
            string text = await File.ReadAllTextAsync(Path.Combine(Repository(), "samples", "recipes", name, "package.bpb"));
            Assert.True((await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = text })).IsSuccessStatusCode);
        }

        // A finished release zlib first: were it taken for the cross libpng, no cross zlib would be built.
        await BuildAsync(master, client, folder, "release", "zlib");
        await BuildAsync(master, client, folder, "cross", "libpng", "hello");

        Assert.NotEqual(Aarch64, await MachineAsync(client, folder, "zlib", "release", "libz.so.1*"));
        Assert.Equal(Aarch64, await MachineAsync(client, folder, "zlib", "cross", "libz.so.1*"));
        Assert.Equal(Aarch64, await MachineAsync(client, folder, "libpng", "cross", "libpng16.so.16*"));
        Assert.Equal(Aarch64, await MachineAsync(client, folder, "hello", "cross", "hello"));
        foreach (string name in (string[])["libpng", "hello"])
            Assert.Equal(System.Net.HttpStatusCode.NotFound, (await client.GetAsync($"/api/v1/packages/{name}/download?environment=release")).StatusCode);
    }

    private static async Task<QuernMaster> StartAsync(ScratchFolder folder)
    {
        var read = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Load(Path.Combine(Repository(), "samples", "cross.yaml")));
        var start = await QuernMaster.StartAsync(
            new MasterOptions
            {
                DataFolder = folder["data"],
                Http = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0),
                FetchProgram = [Path.Combine(AppContext.BaseDirectory, "quern"), FetchProgram.Verb],
                Configuration = read.Configuration,
            },
            TimeProvider.System, CancellationToken.None);
        return start is MasterStart.Running running ? running.Master : throw new InvalidOperationException(((MasterStart.Failed)start).Reason);
    }

    private static async Task BuildAsync(QuernMaster master, HttpClient client, ScratchFolder folder, string environment, params string[] packages)
    {
        var request = new JsonObject
        {
            ["jobs"] = new JsonArray([.. packages.Select(p => new JsonObject { ["recipe"] = new JsonObject { ["name"] = p, ["environment"] = environment } })]),
        };
        using var answer = await client.PostAsJsonAsync("/api/v1/jobs", request);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        foreach (var job in JsonNode.Parse(body)!["jobs"]!.AsArray())
        {
            string id = job!["id"]!.ToString();
            while (true)
            {
                long sequence = master.Store.LastSequence;
                var row = (await master.Store.FindJobAsync(id, patience.Token))!;
                if (row.State.IsFinished())
                {
                    Assert.True(row.State == JobState.Succeeded, $"{row.Title} {row.State.Word()}: {row.Reason}\n{await client.GetStringAsync($"/api/v1/jobs/{id}/log/text", patience.Token)}");
                    break;
                }
                await master.Store.WaitPastAsync(sequence, patience.Token);
            }
        }
    }

    /// <summary>For which processor a file of a stored package is.</summary>
    private static async Task<ushort> MachineAsync(HttpClient client, ScratchFolder folder, string package, string environment, string file)
    {
        string unpacked = folder[$"{package}-{environment}"];
        Directory.CreateDirectory(unpacked);
        string archive = unpacked + ".lfpkg";
        await File.WriteAllBytesAsync(archive, await client.GetByteArrayAsync($"/api/v1/packages/{package}/download?environment={environment}"));
        using var tar = System.Diagnostics.Process.Start("tar", ["-xJf", archive, "-C", unpacked]);
        await tar.WaitForExitAsync();
        Assert.Equal(0, tar.ExitCode);
        string found = Directory.EnumerateFiles(unpacked, file, SearchOption.AllDirectories).First(f => new FileInfo(f).LinkTarget is null);
        byte[] head = (await File.ReadAllBytesAsync(found))[..20];
        Assert.Equal("\u007fELF"u8, head.AsSpan(0, 4));
        return BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(18));
    }

    private static string Repository()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Quern.slnx"))) return at.FullName;
        throw new DirectoryNotFoundException("Quern.slnx");
    }
}
