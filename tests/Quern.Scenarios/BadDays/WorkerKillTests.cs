using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>A worker is killed (SIGKILL) in the middle of a command.</summary>
[Trait("Speed", "Slow")]
public sealed class WorkerKillTests
{
    [Fact]
    public async Task The_job_is_lost_runs_again_and_its_log_says_so()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartMasterAsync(folder);
        using var client = master.Client();
        string job = await SubmitAsync(client, $"if [ -e '{folder["second"]}' ]; then echo done; else touch '{folder["second"]}'; echo pid $$; exec sleep 600; fi");

        await KillInCommandAsync(folder, master, client, job, attempt: 1);
        using var second = StartWorker(folder, master);
        var row = await FinishedAsync(client, job);
        second.Kill();

        Assert.Equal(("succeeded", 2, 1), (row["state"]!.ToString(), (int)row["attempt"]!, (int)row["lost"]!));
        Assert.Contains(await LogAsync(client, job, 1), l => l.StartsWith("--- this attempt is lost: ", StringComparison.Ordinal));
        var log = await LogAsync(client, job, 2);
        Assert.Contains(log, l => l.StartsWith("--- attempt 2: the one before was lost", StringComparison.Ordinal));
        Assert.Contains("done", log);
    }

    [Fact]
    public async Task A_job_that_kills_its_worker_three_times_fails_with_the_reason()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartMasterAsync(folder);
        using var client = master.Client();
        string job = await SubmitAsync(client, "echo pid $$; exec sleep 600");

        for (int attempt = 1; attempt <= 3; attempt++) await KillInCommandAsync(folder, master, client, job, attempt);
        var row = await FinishedAsync(client, job);

        Assert.Equal(("failed", 3, 3), (row["state"]!.ToString(), (int)row["attempt"]!, (int)row["lost"]!));
        Assert.Contains("lost", row["reason"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("connection", row["reason"]!.ToString(), StringComparison.Ordinal);
    }

    private static async Task<MasterProcess> StartMasterAsync(ScratchFolder folder)
    {
        await File.WriteAllTextAsync(folder["quern.yaml"], "workers:\n  - name: w1\n    password: throwaway\n    slots: 1\n");
        await File.WriteAllTextAsync(folder["password"], "throwaway\n");
        return await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(
            folder["data"], "--no-worker", "--config", folder["quern.yaml"], "--listen", "buildbot-msgpack=127.0.0.1:0"));
    }

    private static Process StartWorker(ScratchFolder folder, MasterProcess master) => Process.Start(new ProcessStartInfo(Programs.Worker,
        ["--master", $"ws://127.0.0.1:{master.WorkerPort}", "--name", "w1", "--password-file", folder["password"], "--dir", folder["worker"]])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>Runs a worker until the job's attempt has said its process id, then kills the worker, and what it left.</summary>
    private static async Task KillInCommandAsync(ScratchFolder folder, MasterProcess master, HttpClient client, string job, int attempt)
    {
        using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
        using var worker = StartWorker(folder, master);
        string? pid = null;
        try
        {
            while (pid is null)
            {
                // The stream ends only with the job; whose attempt a page belongs to is asked for apart.
                await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/jobs/{job}/log/follow", over.Token))
                {
                    Assert.NotEqual("end", sent.Name);
                    pid = (await LogAsync(client, job, attempt)).FirstOrDefault(l => l.StartsWith("pid ", StringComparison.Ordinal))?["pid ".Length..];
                    if (pid is not null) break;
                }
            }
        }
        finally
        {
            worker.Kill();
        }
        await worker.WaitForExitAsync(over.Token);
        await foreach (var sent in ServerSentEvents.ReadAsync(client, "/api/v1/events?after=0&kind=job.lost", over.Token))
            if (sent.Name == "job.lost" && (int)JsonNode.Parse(sent.Data)!["data"]!["attempt"]! == attempt) break;
        // A killed worker cannot end its commands; the machine's administrator does.
        using var left = Process.GetProcessById(int.Parse(pid, CultureInfo.InvariantCulture));
        left.Kill();
    }

    private static async Task<string> SubmitAsync(HttpClient client, string script)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(Plans.Job(script)));
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["jobs"]![0]!["id"]!.ToString();
    }

    private static async Task<List<string>> LogAsync(HttpClient client, string job, int attempt)
    {
        var page = await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{job}/log?attempt={attempt}");
        return [.. page!["lines"]!.AsArray().Select(l => l!["text"]!.ToString())];
    }

    internal static async Task<JsonNode> FinishedAsync(HttpClient client, string job)
    {
        using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
        await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/jobs/{job}/log/follow", over.Token))
            if (sent.Name == "end") return JsonNode.Parse(sent.Data)!;
        throw new InvalidOperationException("The log's stream ended without the job's end.");
    }
}
