using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary>Commands for agents made to order, with a master behind them.</summary>
public sealed class AgentBuildTests
{
    [Fact]
    public async Task Platforms_and_formats_are_listed()
    {
        using var folder = new ScratchFolder();
        PutProgram(folder.Path);
        await using var master = await CliFarm.StartAsync(folder.Path);

        var (code, output, _) = await RunAsync(master, folder, "agent platforms");

        Assert.Equal(ExitCode.Success, code);
        Assert.Matches("linux-x64 +4096 bytes +no", output);
        Assert.Matches("linux-musl-arm64 +missing", output);
        Assert.Contains("formats: tar.gz, sh, deb, rpm, oci", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_fails_says_why_and_leaves_no_file()
    {
        using var folder = new ScratchFolder();
        PutProgram(folder.Path);
        await using var master = await CliFarm.StartAsync(folder.Path);
        await GroupAsync(master);

        var (code, output, error) = await RunAsync(master, folder, $"agent build labs --format sh --platform linux-x64 --output {folder["agent.sh"]}");

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains("quern: No listener for administration is open that lets agents in", error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["agent.sh"]));
    }

    [Fact]
    public async Task A_wrong_order_is_told_what_is_wrong()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder.Path);
        await GroupAsync(master);

        Assert.Contains("Formats are tar.gz, sh, deb, rpm, oci", (await RunAsync(master, folder, "agent build labs --format exe")).Error, StringComparison.Ordinal);
        Assert.Contains("There is no group of that id or name.", (await RunAsync(master, folder, "agent build others --format sh")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machines_are_tried_one_after_the_other_and_each_is_reported()
    {
        using var folder = new ScratchFolder();
        PutProgram(folder.Path);
        await using var master = await CliFarm.StartAsync(folder.Path);
        await GroupAsync(master);
        string key = $"SHA256:{new string('A', 43)}";

        var (code, output, error) = await RunAsync(master, folder,
            $"agent deploy labs --platform linux-x64 --host root@192.0.2.1 --host-key {key} --host root@[2001:db8::1]:2222 --host-key {key} --json", "s3cret");

        Assert.Equal(ExitCode.Failed, code);
        var results = JsonNode.Parse(output)!.AsArray();
        Assert.Equal(["root@192.0.2.1:22", "root@2001:db8::1:2222"], results.Select(r => $"{r!["host"]}"));
        Assert.All(results, r => Assert.Contains("No listener for administration", $"{r!["message"]}", StringComparison.Ordinal));
        Assert.DoesNotContain("s3cret", output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--host root@a --host root@b --host-key SHA256:x", "There are 2 --host and 1 --host-key")]
    [InlineData("--host nobody --host-key SHA256:x", "'nobody' is not USER@HOST or USER@HOST:PORT")]
    [InlineData("--host root@a:x --host-key SHA256:x", "'root@a:x' is not USER@HOST or USER@HOST:PORT")]
    [InlineData("--host root@a --host-key SHA256:x --key-file k --password-file p", "Give either --key-file or --password-file.")]
    [InlineData("--host root@a --host-key SHA256:x --key-file /nowhere", "'/nowhere' is not there, or is no key")]
    public async Task Wrong_words_are_told_before_anything_is_asked(string options, string why)
    {
        var (code, _, error) = await CliFarm.RunAsync($"agent deploy labs {options} --server http://127.0.0.1:1");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(QuernMaster master, ScratchFolder folder, string line, params string[] answers) =>
        CliFarm.RunAsync($"{line} --server http://{master.Http} --token-file {folder["token"]}", answers);

    private static async Task GroupAsync(QuernMaster master) => Assert.IsType<AccountChange.Saved>(
        await master.Store.CreateGroupAsync(new StoredGroup(Guid.NewGuid().ToString(), "labs", "", [new("admin", StoredRole.Owner)]), Actor.Farm, CancellationToken.None));

    private static void PutProgram(string data)
    {
        byte[] program = new byte[4096];
        "\u007fELF"u8.CopyTo(program);
        (program[4], program[5], program[16], program[18]) = (2, 1, 3, 62);
        Directory.CreateDirectory(Path.Combine(data, "agents", "payloads", "linux-x64"));
        File.WriteAllBytes(Path.Combine(data, "agents", "payloads", "linux-x64", "quern-worker"), program);
    }
}
