using System.Diagnostics;
using System.Globalization;
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
        string job = await JobTalk.SubmitAsync(client, Plans.Job($"if [ -e '{folder["second"]}' ]; then echo done; else touch '{folder["second"]}'; echo pid $$; exec sleep 600; fi"));

        await KillInCommandAsync(folder, master, client, job, attempt: 1);
        await using var second = WorkerProcess.Start(folder, master.WorkerPort);
        var row = await JobTalk.FinishedAsync(client, job);

        Assert.Equal(("succeeded", 2, 1), (row["state"]!.ToString(), (int)row["attempt"]!, (int)row["lost"]!));
        Assert.Contains(await JobTalk.LogAsync(client, job, 1), l => l.StartsWith("--- this attempt is lost: ", StringComparison.Ordinal));
        var log = await JobTalk.LogAsync(client, job, 2);
        Assert.Contains(log, l => l.StartsWith("--- attempt 2: the one before was lost", StringComparison.Ordinal));
        Assert.Contains("done", log);
    }

    [Fact]
    public async Task A_job_that_kills_its_worker_three_times_fails_with_the_reason()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartMasterAsync(folder);
        using var client = master.Client();
        string job = await JobTalk.SubmitAsync(client, Plans.Job("echo pid $$; exec sleep 600"));

        for (int attempt = 1; attempt <= 3; attempt++) await KillInCommandAsync(folder, master, client, job, attempt);
        var row = await JobTalk.FinishedAsync(client, job);

        Assert.Equal(("failed", 3, 3), (row["state"]!.ToString(), (int)row["attempt"]!, (int)row["lost"]!));
        Assert.Contains("lost", row["reason"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("connection", row["reason"]!.ToString(), StringComparison.Ordinal);
    }

    private static async Task<MasterProcess> StartMasterAsync(ScratchFolder folder)
    {
        await File.WriteAllTextAsync(folder["quern.yaml"], $"workers:\n  - {{name: {WorkerProcess.Name}, password: {WorkerProcess.Password}}}\n");
        return await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(
            folder["data"], "--no-worker", "--config", folder["quern.yaml"], "--listen", "buildbot-msgpack=127.0.0.1:0"));
    }

    /// <summary>Runs a worker until the job's attempt has said its process id, then kills the worker, and what it left.</summary>
    private static async Task KillInCommandAsync(ScratchFolder folder, MasterProcess master, HttpClient client, string job, int attempt)
    {
        string pid;
        await using (var worker = WorkerProcess.Start(folder, master.WorkerPort))
        {
            pid = (await JobTalk.SaidAsync(client, job, attempt, "pid "))["pid ".Length..];
            await worker.KillAsync();
        }
        await JobTalk.HeardAsync(client, "job.lost", e => (int)e["data"]!["attempt"]! == attempt);
        // A killed worker cannot end its commands; the machine's administrator does.
        using var left = Process.GetProcessById(int.Parse(pid, CultureInfo.InvariantCulture));
        left.Kill();
    }
}
