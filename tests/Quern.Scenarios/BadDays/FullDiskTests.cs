using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>
/// The data folder lies on a small file system of its own (<c>unshare -Urm</c>), which runs full while a real master writes
/// a log and takes in an artifact.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class FullDiskTests
{
    private const string Mount = "mount -t tmpfs -o size=48m tmpfs \"$0\" && exec \"$@\"";

    [Fact]
    public async Task A_full_disk_is_told_on_the_job_loses_nothing_and_is_survived()
    {
        using var folder = new ScratchFolder();
        string disk = folder["disk"], big = folder["big"];
        Directory.CreateDirectory(disk);
        using (var file = File.Create(big)) file.SetLength(60 << 20);
        await using var master = await MasterProcess.StartAsync(
            disk, ["unshare", "-Urm", "sh", "-c", Mount, disk, .. MasterProcess.Up(disk, "--slots", "1")], $"/proc/{{0}}/root{disk}");
        using var client = master.Client();
        string first = Path.Combine(master.DataSeen, "ballast-1"), second = Path.Combine(master.DataSeen, "ballast-2");
        string third = Path.Combine(master.DataSeen, "ballast-3");
        string before = await SubmitAsync(client, Plans.Job("echo before"));
        await JobTalk.FinishedAsync(client, before);
        await File.WriteAllBytesAsync(first, new byte[2 << 20]);
        await File.WriteAllBytesAsync(second, new byte[12 << 20]);
        await File.WriteAllBytesAsync(third, new byte[4 << 20]);

        // A log: what random bytes become in it fills the disk.
        string noisy = await SubmitAsync(client, Plans.Job("head -c 80000000 /dev/urandom | base64"));
        var refused = await FirstRefusalAsync(client, noisy);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Contains("disk of the farm's data folder is full", refused.Detail, StringComparison.Ordinal);
        Assert.Contains("make room", refused.Detail, StringComparison.Ordinal);
        var kept = await LinesAsync(client, noisy);

        // The log takes the first room too; then the job's end waits for room, and is stored when there is some.
        File.Delete(first);
        var ended = JobTalk.FinishedAsync(client, noisy);
        await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System));
        File.Delete(second);
        var row = await ended;
        Assert.Equal("failed", row["state"]!.ToString());
        Assert.Contains("No space left on device", row["reason"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("Make room", row["reason"]!.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(kept);
        Assert.Equal(kept, await LinesAsync(client, noisy));

        // Where the worker was slow to stop, the log took the second room as well.
        File.Delete(third);

        // An artifact: larger than what is left.
        var upload = Plans.Steps(new JsonObject
        {
            ["name"] = "upload",
            ["command"] = new JsonObject { ["kind"] = "upload_file", ["worker_path"] = big, ["target"] = new JsonObject { ["to"] = "package" } },
        });
        row = await JobTalk.FinishedAsync(client, await SubmitAsync(client, upload));
        Assert.Equal("failed", row["state"]!.ToString());
        Assert.Contains("No space left on device", row["reason"]!.ToString(), StringComparison.Ordinal);

        // What was there before is, and the master works.
        Assert.Contains("before", await LinesAsync(client, before));
        row = await JobTalk.FinishedAsync(client, await SubmitAsync(client, Plans.Job("echo after")));
        Assert.Equal("succeeded", row["state"]!.ToString());
    }

    /// <summary>Submits jobs that never run, until one is refused.</summary>
    private static async Task<(HttpStatusCode Status, string Detail)> FirstRefusalAsync(HttpClient client, string never)
    {
        using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
        while (true)
        {
            // Each needs a few pages of the database, so the disk's end is met soon after the log has met it.
            var job = Plans.Job($"true {new string('x', 100_000)}");
            job["needs"] = new JsonArray(never);
            using var answer = await client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(job), over.Token);
            if (answer.StatusCode == HttpStatusCode.Created) continue;
            return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(over.Token))!["detail"]!.ToString());
        }
    }

    private static async Task<string> SubmitAsync(HttpClient client, JsonObject job)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(job));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!["jobs"]![0]!["id"]!.ToString();
    }

    private static async Task<List<string>> LinesAsync(HttpClient client, string job)
    {
        var page = await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{job}/log?attempt=1");
        return [.. page!["lines"]!.AsArray().Select(l => l!["text"]!.ToString())];
    }
}
