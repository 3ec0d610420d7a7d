using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>Recipes that cannot be built, as somebody at the command line meets them.</summary>
[Trait("Speed", "Slow")]
public sealed class RecipeTests
{
    [Fact]
    public async Task A_bad_recipe_is_refused_with_file_line_and_column()
    {
        using var folder = new ScratchFolder();
        await using var master = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--no-worker"));
        await File.WriteAllTextAsync(folder["bad.bpb"], "name=bad\nversion=1\nreal_version=1\nsource=https://example.org/a.tar.gz\nsha256=12345\nbuild={\ntrue\n}\n");

        var (exitCode, _, errors) = await CliAsync(folder, "submit", folder["bad.bpb"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"{folder["bad.bpb"]}:5:", errors, StringComparison.Ordinal);
        Assert.Contains("Nothing was submitted", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_dependency_and_a_circle_are_named_with_what_to_do()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["quern.yaml"], "environments: {release: {isolation: host}}\n");
        await using var master = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--no-worker", "--config", folder["quern.yaml"]));
        foreach (var (name, needs) in ((string, string)[])[("lost", "nowhere"), ("egg", "hen"), ("hen", "egg")])
            await File.WriteAllTextAsync(folder[$"{name}.bpb"], $"name={name}\nversion=1\nreal_version=1\nbuilddeps=[{needs}]\nbuild={{\ntrue\n}}\n");
        var submitted = await CliAsync(folder, "submit", folder["lost.bpb"], folder["egg.bpb"], folder["hen.bpb"]);
        Assert.Equal(0, submitted.ExitCode);

        var unknown = await CliAsync(folder, "build", "lost");
        var circle = await CliAsync(folder, "build", "egg");

        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("'lost' needs 'nowhere'", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("submit", unknown.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(1, circle.ExitCode);
        Assert.Contains("egg needs hen needs egg", circle.Errors, StringComparison.Ordinal);
        Assert.Contains("builddeps", circle.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_with_another_hash_fails_the_job_and_both_hashes_are_named()
    {
        using var folder = new ScratchFolder();
        Directory.CreateDirectory(folder["sources"]);
        await File.WriteAllTextAsync(folder["sources/a.tar"], "not what the recipe means");
        await File.WriteAllTextAsync(folder["quern.yaml"],
            $"environments:\n  release:\n    root: {{directory: '{folder.Path}'}}\n    isolation: host\nsources:\n  file_folders: ['{folder["sources"]}']\n");
        await using var master = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--slots", "1", "--config", folder["quern.yaml"]));
        string expected = new('a', 64);
        await File.WriteAllTextAsync(folder["a.bpb"], $"name=a\nversion=1\nreal_version=1\nsource=file:{folder["sources/a.tar"]}\nsha256=[{expected}]\nbuild={{\ntrue\n}}\n");
        var submitted = await CliAsync(folder, "submit", folder["a.bpb"]);
        Assert.True(submitted.ExitCode == 0, submitted.Errors);

        var (exitCode, output, errors) = await CliAsync(folder, "build", "a", "--follow");
        using var client = master.Client();
        var job = (await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]![0]!;

        Assert.True(exitCode == 1, output + errors);
        Assert.Equal("failed", job["state"]!.ToString());
        Assert.Contains(expected, job["reason"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains(folder["sources/a.tar"], job["reason"]!.ToString(), StringComparison.Ordinal);
    }

    private static Task<(int ExitCode, string Output, string Errors)> CliAsync(ScratchFolder folder, params string[] words) =>
        MasterProcess.RunAsync([Programs.Quern, .. words, "--data", folder["data"]]);
}
