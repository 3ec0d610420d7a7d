using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli.Commands;

/// <summary>Waits for jobs, told by the farm's events.</summary>
internal static class JobWatch
{
    /// <summary>The job when it has finished; the log's lines, as the API has them, go to <paramref name="tell"/> as they come.</summary>
    public static async Task<JsonObject> FollowLogAsync(FarmClient farm, string id, Action<JsonNode> tell, CancellationToken stop)
    {
        long next = 1;
        while (true)
        {
            using var answer = await farm.OpenAsync($"/api/v1/jobs/{Uri.EscapeDataString(id)}/log/follow?from={next.ToString(CultureInfo.InvariantCulture)}", stop);
            await foreach (var (name, _, data) in EventReader.ReadAsync(answer, stop))
            {
                var page = JsonNode.Parse(data)!.AsObject();
                if (name == "end") return page;
                foreach (var line in page["lines"]!.AsArray()) tell(line!);
                next = page["next_line"]!.GetValue<long>();
            }
        }
    }

    /// <summary>The jobs when all have finished, in the order given.</summary>
    /// <param name="titles">The jobs that are waited for, by id.</param>
    /// <param name="after">The number of an event before the jobs were submitted.</param>
    /// <param name="orWhen">The wait ends also when this job starts or ends; null for none.</param>
    public static async Task<ImmutableArray<JsonObject>> UntilFinishedAsync(
        FarmClient farm, OrderedDictionary<string, string> titles, long after, string? orWhen, Action<JobChange> tell, CancellationToken stop)
    {
        var open = titles.Keys.ToHashSet();
        bool enough = false;
        while (open.Count > 0 && !enough)
        {
            using var answer = await farm.OpenAsync($"/api/v1/events?after={after.ToString(CultureInfo.InvariantCulture)}&kind=job.started,job.finished,job.lost", stop);
            await foreach (var (name, id, data) in EventReader.ReadAsync(answer, stop))
            {
                if (long.TryParse(id, out long sequence)) after = sequence;
                if (name == "start") continue;
                var farmEvent = JsonNode.Parse(data)!;
                string subject = Show.Text(farmEvent, "subject");
                if (subject == orWhen && name != "job.lost")
                {
                    enough = true;
                    break;
                }
                if (!titles.TryGetValue(subject, out string? title)) continue;
                string word = name switch { "job.started" => JobChange.Started, "job.lost" => JobChange.Lost, _ => Show.Text(farmEvent["data"], "state") };
                tell(new JobChange(subject, title, word, Show.Text(farmEvent["data"], "reason")));
                if (name == "job.finished") open.Remove(subject);
                if (open.Count == 0) break;
            }
        }
        var jobs = ImmutableArray.CreateBuilder<JsonObject>(titles.Count);
        foreach (string id in titles.Keys) jobs.Add(await farm.GetAsync($"/api/v1/jobs/{id}", stop));
        return jobs.MoveToImmutable();
    }
}
