using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Recipes;
using Quern.Storage;
using Quern.Testing;
using Quern.WorkerHost;

namespace Quern.Cli.Tests;

/// <summary><c>quern export leaf</c>: a static copy of the repository.</summary>
public sealed class LeafExportTests
{
    private const string Base = "https://p.example/leaf";

    [Fact]
    public async Task What_a_worker_built_is_exported_served_and_unpacked_by_tar()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder["data"], listen: ListenerProtocols.Leaf);
        master.Attach(new EmbeddedWorkerLink(new WorkerName("embedded"), folder["worker"], TimeProvider.System), 1);
        string at = $"--data {folder["data"]} --server http://{master.Http}";
        await File.WriteAllTextAsync(folder["recipe"],
            "name=greet+er\nversion=1.2\nreal_version=3\ndescription=Says hello\nbuild={\nmkdir -p \"$PKG_INSTALL_DIR/usr/share/greet\"\necho hello > \"$PKG_INSTALL_DIR/usr/share/greet/words\"\n}\n");
        Assert.Equal(0, (await CliFarm.RunAsync($"submit {folder["recipe"]} {at}")).Code);
        var built = await CliFarm.RunAsync($"build greet+er {at}");
        Assert.True(built.Code == 0, built.Output + built.Error);

        // Known before anybody asks for a list.
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(await master.Store.ListPublishedAsync(null, CancellationToken.None)).Md5);

        var exported = await CliFarm.RunAsync($"export leaf {folder["out"]} --url {Base} {at}");

        Assert.Equal((0, ""), (exported.Code, exported.Error));
        var package = Assert.Single(ListOf(folder["out"]))!;
        string file = FileOf(folder["out"], package);
        Assert.Equal(("greet+er", "1.2", "3", "Says hello"), (package["name"]!.ToString(), package["version"]!.ToString(), package["real_version"]!.ToString(), package["description"]!.ToString()));
        Assert.Equal(["greet+er-1.2/leaf.pkg", "greet+er-1.2/data/usr/share/greet/words"], await TarAsync("--list", file));
        await TarAsync($"--extract --directory={folder.Path}", file);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(folder["greet+er-1.2/data/usr/share/greet/words"]));
        Assert.Contains("name=greet+er\nversion=1.2\nreal_version=3\n", await File.ReadAllTextAsync(folder["greet+er-1.2/leaf.pkg"]), StringComparison.Ordinal);

        // The live repository has the same bytes.
        var leaf = IPEndPoint.Parse(master.Listening.Single(l => l.Protocol == ListenerProtocols.Leaf).EndPoint);
        Assert.Equal(await File.ReadAllBytesAsync(file), await FetchAsync(leaf, "/?get=package&pkgname=greet+er"));
    }

    [Fact]
    public async Task An_export_is_repeated_without_copying_again_and_removes_only_what_it_wrote()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder["data"]);
        string line = $"export leaf {folder["out"]} --url {Base}/ --data {folder["data"]} --server http://{master.Http}";
        await PublishAsync(master, "zlib", "1", "one");
        await PublishAsync(master, "other", "1", "other");

        var first = await CliFarm.RunAsync(line);
        string old = FileOf(folder["out"], ListOf(folder["out"]).Single(p => p!["name"]!.ToString() == "zlib")!);
        var written = File.GetLastWriteTimeUtc(old);
        var again = await CliFarm.RunAsync($"{line} --json");
        var unchanged = File.GetLastWriteTimeUtc(old);
        await File.WriteAllTextAsync(Path.Combine(folder["out"], "packages", "mine.lfpkg"), "not from here");
        await File.WriteAllTextAsync(Path.Combine(folder["out"], "index.html"), "not from here");
        await PublishAsync(master, "zlib", "2", "two");
        await master.Store.DeleteRecipeAsync(new PackageName("other"), Actor.Farm, CancellationToken.None);
        var kept = await CliFarm.RunAsync(line);
        bool stays = File.Exists(old);
        var pruned = await CliFarm.RunAsync($"{line} --prune");

        Assert.StartsWith($"{folder["out"]}  2 packages, 2 written, 0 removed\n", first.Output, StringComparison.Ordinal);
        Assert.Contains($"{Base}/packagelist.json", first.Output, StringComparison.Ordinal);
        Assert.Equal((2, 0, 0), ((int)JsonNode.Parse(again.Output)!["packages"]!, (int)JsonNode.Parse(again.Output)!["written"]!, (int)JsonNode.Parse(again.Output)!["removed"]!));
        Assert.StartsWith($"{folder["out"]}  1 package, 1 written, 0 removed\n", kept.Output, StringComparison.Ordinal);
        Assert.True(stays);
        Assert.Equal(written, unchanged);
        Assert.StartsWith($"{folder["out"]}  1 package, 0 written, 2 removed\n", pruned.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(old));
        Assert.Equal("two", await File.ReadAllTextAsync(FileOf(folder["out"], Assert.Single(ListOf(folder["out"]))!)));
        string[] left = [.. Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder["out"], f)).Order(StringComparer.Ordinal)];
        Assert.Equal([".quern-export", "index.html", "packagelist.json", "packages/mine.lfpkg", Path.GetRelativePath(folder["out"], FileOf(folder["out"], ListOf(folder["out"])[0]!))], left);
    }

    [Fact]
    public async Task A_damaged_file_is_written_again_and_a_lost_one_too()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder["data"]);
        string line = $"export leaf {folder["out"]} --url {Base} --data {folder["data"]} --server http://{master.Http}";
        await PublishAsync(master, "a", "1", "first");
        await PublishAsync(master, "b", "1", "second");
        Assert.Equal(0, (await CliFarm.RunAsync(line)).Code);
        var files = ListOf(folder["out"]).Select(p => FileOf(folder["out"], p!)).ToArray();
        await File.WriteAllTextAsync(files[0], "wrong");
        File.Delete(files[1]);

        var mended = await CliFarm.RunAsync(line);

        Assert.Contains("2 packages, 2 written", mended.Output, StringComparison.Ordinal);
        Assert.Equal(["first", "second"], files.Select(File.ReadAllText));
    }

    [Fact]
    public async Task An_export_while_packages_are_built_again_is_whole_or_says_that_it_was_too_slow()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder["data"]);
        string line = $"export leaf {folder["out"]} --url {Base} --data {folder["data"]} --server http://{master.Http}";
        foreach (string name in (string[])["a", "b", "c"]) await PublishAsync(master, name, "1", $"{name} 0");
        var building = Task.Run(async () =>
        {
            for (int i = 1; i <= 60; i++) await PublishAsync(master, i % 2 == 0 ? "a" : "c", "1", $"build {i}");
        });

        int done = 0;
        while (!building.IsCompleted || done == 0)
        {
            var exported = await CliFarm.RunAsync(line);
            if (exported.Code == 0) done++;
            else Assert.Contains("built again faster than they could be copied", exported.Error, StringComparison.Ordinal);
            if (done > 0) Assert.Equal(3, ListOf(folder["out"]).Select(p => FileOf(folder["out"], p!)).Count());
        }
        await building;
        Assert.Equal(0, (await CliFarm.RunAsync(line)).Code);
        Assert.Equal(["build 60", "b 0", "build 59"], ListOf(folder["out"]).Select(p => File.ReadAllText(FileOf(folder["out"], p!))));
    }

    [Fact]
    public async Task What_is_not_from_an_export_is_not_touched()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder["data"]);
        await PublishAsync(master, "zlib", "1", "one");
        string at = $"--data {folder["data"]} --server http://{master.Http}";
        Directory.CreateDirectory(folder["out"]);
        await File.WriteAllTextAsync(Path.Combine(folder["out"], "packagelist.json"), "precious");
        // Somebody wrote paths of their own into the list of files.
        Directory.CreateDirectory(folder["two"]);
        await File.WriteAllTextAsync(folder["precious"], "precious");
        await File.WriteAllTextAsync(Path.Combine(folder["two"], ".quern-export"), "packages/../../precious\n../precious\n/etc/passwd\npackages//x\n");

        var refused = await CliFarm.RunAsync($"export leaf {folder["out"]} --url {Base} {at}");
        var pruned = await CliFarm.RunAsync($"export leaf {folder["two"]} --url {Base} --prune {at}");

        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("is not from an export of Quern, so it is not replaced", refused.Error, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(Path.Combine(folder["out"], "packagelist.json")));
        Assert.Single(Directory.GetFileSystemEntries(folder["out"]));
        Assert.Equal(0, pruned.Code);
        Assert.Equal("precious", await File.ReadAllTextAsync(folder["precious"]));
    }

    [Fact]
    public async Task Mistakes_of_the_command_line_end_with_their_numbers()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder["data"]);
        using var elsewhere = new ScratchFolder();

        var noUrl = await CliFarm.RunAsync($"export leaf {folder["out"]}");
        var badUrl = await CliFarm.RunAsync($"export leaf {folder["out"]} --url p.example --data {folder["data"]} --server http://{master.Http}");
        var noMaster = await CliFarm.RunAsync($"export leaf {folder["out"]} --url {Base} --server http://127.0.0.1:1 --data {elsewhere.Path}");
        var noToken = await CliFarm.RunAsync($"export leaf {folder["out"]} --url {Base} --server http://{master.Http} --data {elsewhere.Path}");

        Assert.Equal((2, 2, 3, 3), (noUrl.Code, badUrl.Code, noMaster.Code, noToken.Code));
        Assert.Contains("'p.example' is not an address as https://packages.example/leaf", badUrl.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder["out"], "packagelist.json")));
    }

    [Theory]
    [InlineData("name", "../x")]
    [InlineData("version", "1/../../x")]
    [InlineData("real_version", "..")]
    [InlineData("md5", "../../../../../../../../etc/passwd")]
    [InlineData("sha256", "x")]
    [InlineData("environment", "debug&real_version=1")]
    [InlineData("architecture", "a/b")]
    public void An_answer_that_would_leave_the_folder_is_refused(string member, string value)
    {
        var package = new JsonObject
        {
            ["name"] = "zlib",
            ["version"] = "1",
            ["real_version"] = "1",
            ["description"] = "",
            ["dependencies"] = new JsonArray(),
            ["environment"] = "release",
            ["architecture"] = "x86_64",
            ["md5"] = new string('a', 32),
            ["sha256"] = new string('b', 64),
            ["bytes"] = 1,
        };
        Assert.Equal($"packages/zlib/1/zlib-1-{new string('a', 32)}.lfpkg", Commands.LeafExportItem.Of(package).File);
        package[member] = value;

        Assert.Throws<CommandFailedException>(() => Commands.LeafExportItem.Of(package));
    }

    private static JsonArray ListOf(string folder)
    {
        string text = File.ReadAllText(Path.Combine(folder, "packagelist.json"));
        Assert.StartsWith("""{"status": "SUCCESS", "response_code": 200, "payload": [""", text, StringComparison.Ordinal);
        return JsonNode.Parse(text)!["payload"]!.AsArray();
    }

    /// <summary>Where a web server would find a package of the list; its hash must be that of the list.</summary>
    private static string FileOf(string folder, JsonNode package)
    {
        string url = package["url"]!.ToString();
        Assert.StartsWith(Base + "/", url, StringComparison.Ordinal);
        string file = Path.Combine(folder, Uri.UnescapeDataString(url[(Base.Length + 1)..]));
        Assert.Equal(package["hash"]!.ToString(), Md5(File.ReadAllBytes(file)));
        return file;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "It is what leaf compares.")]
    private static string Md5(byte[] content) => Convert.ToHexStringLower(MD5.HashData(content));

    private static async Task<string[]> TarAsync(string options, string file)
    {
        var start = new ProcessStartInfo("tar") { RedirectStandardOutput = true };
        foreach (string option in options.Split(' ').Concat(["--xz", $"--file={file}"])) start.ArgumentList.Add(option);
        using var tar = Process.Start(start)!;
        string output = await tar.StandardOutput.ReadToEndAsync();
        await tar.WaitForExitAsync();
        Assert.Equal(0, tar.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<byte[]> FetchAsync(IPEndPoint at, string target)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(at);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.0\r\n\r\n"));
        using var all = new MemoryStream();
        await client.GetStream().CopyToAsync(all);
        byte[] bytes = all.ToArray();
        return bytes[(bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4)..];
    }

    /// <summary>Does what a worker and the gate would do.</summary>
    private static async Task PublishAsync(QuernMaster master, string name, string real, string content)
    {
        string text = $"name={name}\nversion=1.0\nreal_version={real}\nbuild={{\nmake\n}}\n";
        var saved = await master.Store.SaveRecipeAsync(RecipeIntake.FromText(text).Recipe!, text, "", Actor.Farm, CancellationToken.None);
        var job = new NewJob
        {
            Id = JobId.Create(TimeProvider.System.GetUtcNow()),
            Title = name,
            Package = new PackageName(name),
            RecipeRevision = saved.Revision,
            Architecture = MachineArchitecture.Here,
            Pool = "nowhere=1",
        };
        await master.Store.SubmitAsync(new Submission([job]), Actor.Farm, CancellationToken.None);
        var claimed = await master.Store.ClaimAsync([new Claim(job.Id, new WorkerName("w"), "p", "by-hand", TimeProvider.System.GetUtcNow().AddHours(1))], CancellationToken.None);
        await using var writer = master.Blobs.Create(1000);
        await writer.WriteAsync(Encoding.UTF8.GetBytes(content));
        var blob = await writer.CommitAsync();
        await master.Store.CompleteAsync(job.Id, claimed[0].Attempt, new BuildOutcome.Succeeded([new ProducedArtifact(blob.Sha256, blob.Bytes)]), default, Actor.Farm, CancellationToken.None);
    }
}
