using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli.Commands;

/// <summary>What commands do that submit a job and wait for it.</summary>
internal static class JobEnd
{
    /// <summary>Waits for submitted jobs and tells how the first, which was asked for, ended.</summary>
    /// <param name="c">The command.</param>
    /// <param name="farm">Where they were submitted.</param>
    /// <param name="jobs">As the master's answer lists them; those behind the first are built on the way.</param>
    /// <param name="after">The number of an event before they were submitted.</param>
    /// <param name="follow">Show the first one's log.</param>
    /// <param name="wait">False only tells that they are queued.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> AwaitAsync(CommandContext c, FarmClient farm, JsonArray jobs, long after, bool follow, bool wait, CancellationToken stop)
    {
        foreach (var job in jobs) JobProgress.Tell(c, $"job {Show.Text(job, "number")}  {Show.Text(job, "title")}  queued");
        string id = Show.Text(jobs[0], "id");
        if (!wait)
        {
            if (c.Json) c.WriteJson(await farm.GetAsync($"/api/v1/jobs/{id}", stop));
            return ExitCode.Success;
        }
        JsonObject end;
        if (follow)
        {
            // What is built on the way is told in lines; the log is that of the job asked for.
            if (jobs.Count > 1) await JobProgress.UntilFinishedAsync(c, farm, [.. jobs.Skip(1)], after, id, stop);
            await JobWatch.FollowLogAsync(farm, id, line => JobProgress.Tell(c, Show.Text(line, "text")), stop);
            end = await farm.GetAsync($"/api/v1/jobs/{id}", stop);
        }
        else
        {
            end = (await JobProgress.UntilFinishedAsync(c, farm, jobs, after, null, stop))[0];
        }
        bool good = Show.Text(end, "state") == "succeeded";
        if (c.Json) c.WriteJson(end);
        else if (!follow || !good || Warns(end)) c.Terminal.Line(Sentence(end));
        return good ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>A job in one line.</summary>
    public static string Sentence(JsonNode job)
    {
        string seconds = Show.Seconds(job["seconds"]), reason = Show.Text(job, "reason");
        string state = Show.Text(job, "state") + (Warns(job) ? " with warnings" : "");
        return $"job {Show.Text(job, "number")}  {Show.Text(job, "title")}  {state}{(seconds.Length > 0 ? $"  {seconds}" : "")}{(reason.Length > 0 ? $"  {reason}" : "")}";
    }

    private static bool Warns(JsonNode job) => job["warnings"]?.GetValue<bool>() == true;
}
