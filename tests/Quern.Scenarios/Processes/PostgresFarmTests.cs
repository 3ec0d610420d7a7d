using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.Scenarios.BadDays;
using Quern.Testing;

namespace Quern.Scenarios.Processes;

/// <summary>A whole <c>quern up</c> on PostgreSQL: what an owner does with it on two days, with a stop at night.</summary>
[Trait("Speed", "Slow")]
public sealed class PostgresFarmTests(PostgresServer server)
{
    [Fact]
    public async Task Plans_recipes_logs_and_packages_are_there_after_a_restart_and_an_interrupted_job_goes_on()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["quern.yaml"], $"store: '{await server.NewDatabaseAsync()}'\nenvironments: {{release: {{isolation: host}}}}\n");
        await File.WriteAllTextAsync(folder["greet.bpb"],
            "name=greet\nversion=1.0\nreal_version=1\nbuild={\nmkdir -p \"$PKG_INSTALL_DIR/usr/share\"\necho hello > \"$PKG_INSTALL_DIR/usr/share/greet\"\n}\n");
        string[] up = MasterProcess.Up(folder["data"], "--slots", "2", "--config", folder["quern.yaml"]);
        string plan, interrupted, packages, log;
        JsonNode before;
        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            plan = await JobTalk.SubmitAsync(client, Plans.Job("echo one; echo two >&2; exit 3"));
            before = await JobTalk.FinishedAsync(client, plan);
            Assert.Equal(("failed", 3), (before["state"]!.ToString(), (int)before["exit_code"]!));
            Assert.Equal(0, (await QuernAsync(folder, "submit", folder["greet.bpb"])).ExitCode);
            var built = await QuernAsync(folder, "build", "greet");
            Assert.True(built.ExitCode == 0, built.Output + built.Errors);
            packages = (await QuernAsync(folder, "package", "list", "--json")).Output;
            log = (await QuernAsync(folder, "log", plan)).Output;
            interrupted = await JobTalk.SubmitAsync(client, Plans.Job($"echo started; [ -e '{folder["morning"]}' ] || exec sleep 600"));
            await JobTalk.SaidAsync(client, interrupted, attempt: 1, "started");

            Assert.Equal(0, await master.StopAsync());
        }
        await File.WriteAllTextAsync(folder["morning"], "");
        Assert.False(File.Exists(folder["data/farm.db"]), "The farm kept a SQLite file beside PostgreSQL.");

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            var again = await JobTalk.FinishedAsync(client, interrupted);
            Assert.Equal(("succeeded", 2), (again["state"]!.ToString(), (int)again["attempt"]!));
            Assert.Equal(before.ToJsonString(), (await JobTalk.FinishedAsync(client, plan)).ToJsonString());
            Assert.Equal((packages, log), ((await QuernAsync(folder, "package", "list", "--json")).Output, (await QuernAsync(folder, "log", plan)).Output));
            Assert.Contains("two", log, StringComparison.Ordinal);
            string sha256 = JsonNode.Parse(packages)![0]!["sha256"]!.ToString();
            var taken = await QuernAsync(folder, "package", "download", "greet", "--output", folder["greet.lfpkg"]);
            Assert.Equal(0, taken.ExitCode);
            Assert.Equal(sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(folder["greet.lfpkg"]))));
            // The second day's jobs go on with the numbers of the first.
            string next = await JobTalk.SubmitAsync(client, Plans.Job("true"));
            Assert.Equal(4, (int)(await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{next}"))!["number"]!);
            Assert.Equal(0, await master.StopAsync());
        }
    }

    private static Task<(int ExitCode, string Output, string Errors)> QuernAsync(ScratchFolder folder, params string[] words) =>
        MasterProcess.RunAsync([Programs.Quern, .. words, "--data", folder["data"]]);
}
