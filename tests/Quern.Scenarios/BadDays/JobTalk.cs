using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Quern.Scenarios.BadDays;

/// <summary>What an outside client says to a farm about one job.</summary>
internal static class JobTalk
{
    /// <summary>Submits one job and answers its id.</summary>
    public static async Task<string> SubmitAsync(HttpClient client, JsonObject job)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(job));
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return JsonNode.Parse(body)!["jobs"]![0]!["id"]!.ToString();
    }

    public static async Task<List<string>> LogAsync(HttpClient client, string job, int attempt)
    {
        var page = await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{job}/log?attempt={attempt}");
        return [.. page!["lines"]!.AsArray().Select(l => l!["text"]!.ToString())];
    }

    /// <summary>Waits until an attempt has written a line that begins so, and answers that line.</summary>
    public static async Task<string> SaidAsync(HttpClient client, string job, int attempt, string beginning)
    {
        using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
        while (true)
        {
            // The stream ends only with the job; whose attempt a page belongs to is asked for apart.
            await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/jobs/{job}/log/follow", over.Token))
            {
                Assert.True(sent.Name != "end", sent.Data);
                if ((await LogAsync(client, job, attempt)).FirstOrDefault(l => l.StartsWith(beginning, StringComparison.Ordinal)) is { } line) return line;
            }
        }
    }

    /// <summary>Waits for an event of a kind that fits.</summary>
    public static async Task HeardAsync(HttpClient client, string kind, Func<JsonNode, bool> fits)
    {
        using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
        await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/events?after=0&kind={kind}", over.Token))
            if (sent.Name == kind && fits(JsonNode.Parse(sent.Data)!)) return;
        throw new InvalidOperationException($"The stream ended without the awaited {kind}.");
    }

    /// <summary>Waits for the job's end and answers its row.</summary>
    public static async Task<JsonNode> FinishedAsync(HttpClient client, string job)
    {
        using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
        await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/jobs/{job}/log/follow", over.Token))
            if (sent.Name == "end") return JsonNode.Parse(sent.Data)!;
        throw new InvalidOperationException("The log's stream ended without the job's end.");
    }
}
