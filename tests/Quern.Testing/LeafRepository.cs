using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Quern.Testing;

/// <summary>
/// A package list with package files behind it, as a Branch master serves them. <see cref="WithRootAsync"/> has a small real root, made of
/// programs of this machine with the libraries that they need.
/// </summary>
public sealed class LeafRepository : IAsyncDisposable
{
    private const string ListPath = "/?get=packagelist";

    private static readonly string[] RootPrograms = ["bash", "mkdir", "cp", "cat", "ln", "chmod", "sleep", "id", "ls", "rm", "touch", "mkfifo"];

    private readonly Dictionary<string, JsonObject> _entries = new(StringComparer.Ordinal);

    public TinyWeb Web { get; } = new();

    public string ListUrl => Web.Url + ListPath;

    /// <summary>Packages <c>base</c> (folders and bash) and <c>tools</c> (some programs, needed by <c>base</c>).</summary>
    public static async Task<LeafRepository> WithRootAsync()
    {
        var repository = new LeafRepository();
        var tools = new TarBytes();
        var core = new TarBytes();
        foreach (var (link, target) in ((string, string)[])[("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")]) core.Link($"base-1/data/{link}", target);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string program in RootPrograms)
        {
            var (tar, top) = program == "bash" ? (core, "base-1") : (tools, "tools-1");
            tar.File($"{top}/data/usr/bin/{program}", await File.ReadAllBytesAsync($"/usr/bin/{program}"), 0x1ED);
            foreach (string library in await LibrariesOfAsync($"/usr/bin/{program}"))
                if (seen.Add(library)) tar.File($"{top}/data{(library.StartsWith("/usr", StringComparison.Ordinal) ? "" : "/usr")}{library}", await File.ReadAllBytesAsync(library), 0x1ED);
        }
        await repository.AddAsync("base", "1", core, ["tools"]);
        await repository.AddAsync("tools", "1", tools, []);
        return repository;
    }

    /// <summary>Adds a package, or replaces it; <c>leaf.pkg</c> is put to it.</summary>
    /// <param name="members">Below <c>NAME-VERSION/data</c>.</param>
    public async Task AddAsync(string name, string version, TarBytes members, string[] dependencies, string realVersion = "1")
    {
        byte[] package = await Xz.CompressAsync(members.File($"{name}-{version}/leaf.pkg", $"name={name}\nversion={version}\n").ToArchive());
        Add(name, version, package, dependencies, realVersion);
    }

    /// <summary>Adds any bytes as a package.</summary>
    /// <param name="md5">What the list says; null for the truth.</param>
    public void Add(string name, string version, byte[] package, string[] dependencies, string realVersion = "1", string? md5 = null)
    {
#pragma warning disable CA5351 // The published hash is MD5.
        md5 ??= Convert.ToHexStringLower(MD5.HashData(package));
#pragma warning restore CA5351
        _entries[name] = new JsonObject
        {
            ["name"] = name,
            ["real_version"] = realVersion,
            ["version"] = version,
            ["description"] = "of the tests",
            ["dependencies"] = new JsonArray([.. dependencies.Select(d => (JsonNode)d)]),
            ["hash"] = md5,
            ["url"] = Web.Put($"/?get=package&pkgname={name}", package),
        };
        Publish();
    }

    public async ValueTask DisposeAsync() => await Web.DisposeAsync();

    private void Publish() => Web.Put(ListPath, System.Text.Encoding.UTF8.GetBytes(new JsonObject
    {
        ["status"] = "SUCCESS",
        ["response_code"] = 200,
        ["payload"] = new JsonArray([.. _entries.Values.Select(e => e.DeepClone())]),
    }.ToJsonString()));

    private static async Task<List<string>> LibrariesOfAsync(string program)
    {
        var start = new ProcessStartInfo("ldd") { RedirectStandardOutput = true };
        start.ArgumentList.Add(program);
        using var process = Process.Start(start)!;
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return [.. text.Split('\n').Select(l => l.Split(" => ")[^1].Trim().Split(' ')[0]).Where(l => l.StartsWith('/'))];
    }
}
