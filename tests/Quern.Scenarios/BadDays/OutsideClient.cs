using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Quern.Scenarios.BadDays;

/// <summary>
/// Somebody outside, who knows the farm by its answers alone and remembers every one: submissions that were taken, outcomes
/// that were reported, lines of logs that were shown, events that were sent.
/// </summary>
internal sealed class OutsideClient(Random random)
{
    /// <summary>At least so many jobs are waiting beside those that run, before a kill counts.</summary>
    public const int Queued = 100;

    private const int MostWaiting = 300;

    private readonly ConcurrentDictionary<string, Submitted> _submitted = new();
    private readonly ConcurrentDictionary<string, Outcome> _outcomes = new();
    private readonly ConcurrentDictionary<(string Job, int Attempt), List<string>> _lines = new();
    private readonly ConcurrentDictionary<long, string> _events = new();
    private readonly ConcurrentDictionary<(string Job, int Attempt), bool> _touched = new();
    private long _checkedTo;
    private long _newest;
    private int _left;

    /// <param name="Lines">How many lines of output a whole run of it writes.</param>
    private sealed record Submitted(int Lines);

    public sealed record Outcome(string State, int Attempt, int? ExitCode, string Reason);

    public int Submissions => _submitted.Count;

    public int Outcomes => _outcomes.Count;

    public int Lines => _lines.Values.Sum(l => l.Count);

    /// <summary>Works with a master until so many answers have come, then kills it.</summary>
    public async Task WorkAsync(MasterProcess master, int answers)
    {
        using var client = master.Client();
        using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
        await SubmitAsync(client, Math.Max(1, Queued + 4 - Waiting), over.Token);
        _left = answers;
        void Count()
        {
            if (Interlocked.Decrement(ref _left) == 0) master.Kill();
        }
        await Task.WhenAll(Until(() => SubmitMoreAsync(client, Count, over.Token)), Until(() => ListenAsync(client, Count, over.Token)));
        Assert.True(_left <= 0, $"The master ended before it was killed: {master.Errors}");
    }

    /// <summary>Compares what a restarted master says with what was remembered; one sentence for each difference.</summary>
    /// <param name="all">Also what was compared after an earlier kill.</param>
    public async Task<List<string>> CheckAsync(MasterProcess master, bool all)
    {
        using var client = master.Client();
        var wrong = new List<string>();
        var jobs = new Dictionary<string, Outcome>();
        string before = "";
        while (true)
        {
            var page = (await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs?limit=1000{before}"))!;
            foreach (var job in page["items"]!.AsArray()) jobs.Add(job!["id"]!.ToString(), OutcomeOf(job));
            if (page["next"] is not { } next) break;
            before = $"&before={next}";
        }
        wrong.AddRange(_submitted.Keys.Where(id => !jobs.ContainsKey(id)).Select(id => $"job {id} was taken, but is not there"));
        foreach (var (id, outcome) in _outcomes)
            if (jobs.TryGetValue(id, out var now) && now != outcome) wrong.Add($"job {id} was reported as {outcome}, but now is {now}");
        await CheckEventsAsync(client, all ? 0 : _checkedTo, wrong);
        foreach (var (job, attempt) in all ? _lines.Keys : _touched.Keys) await CheckLogAsync(client, job, attempt, wrong);
        _touched.Clear();
        return wrong;
    }

    private int Waiting => _submitted.Count - _outcomes.Count;

    private async Task SubmitMoreAsync(HttpClient client, Action count, CancellationToken over)
    {
        while (true)
        {
            if (Waiting < MostWaiting) await SubmitAsync(client, 1, over);
            // No more are wanted for now: asking for a job is an answer too.
            else await client.GetStringAsync("/api/v1/jobs?limit=1", over);
            count();
        }
    }

    private async Task SubmitAsync(HttpClient client, int jobs, CancellationToken over)
    {
        var kinds = Enumerable.Range(0, jobs).Select(_ => Kind()).ToList();
        var body = new JsonObject { ["jobs"] = new JsonArray([.. kinds.Select(k => (JsonNode)Plans.Job(k.Script))]) };
        using var answer = await client.PostAsJsonAsync("/api/v1/jobs", body, over);
        string text = await answer.Content.ReadAsStringAsync(over);
        Assert.True(answer.IsSuccessStatusCode, text);
        var taken = JsonNode.Parse(text)!["jobs"]!.AsArray();
        for (int i = 0; i < jobs; i++) _submitted[taken[i]!["id"]!.ToString()] = new Submitted(kinds[i].Lines);
    }

    private (string Script, int Lines) Kind()
    {
        int dice;
        lock (random) dice = random.Next(10);
        return dice switch
        {
            0 => ("true", 0),
            1 => ("exit 3", 0),
            < 5 => ("seq -f 'line %g' 1 3000", 3000),
            _ => ("i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; sleep 0.02; done", 40),
        };
    }

    private async Task ListenAsync(HttpClient client, Action count, CancellationToken over)
    {
        var logs = new List<Task>();
        try
        {
            await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/events?after={_newest}", over))
            {
                if (sent.Name == "start") continue;   // says where the stream begins
                var e = JsonNode.Parse(sent.Data)!;
                long number = (long)e["sequence"]!;
                _events[number] = sent.Data;
                _newest = Math.Max(_newest, number);
                string job = e["subject"]!.ToString();
                if (sent.Name == "job.finished") Remember(job, OutcomeOf(e["data"]!));
                if (sent.Name == "job.started") logs.Add(Until(() => FollowAsync(client, job, (int)e["data"]!["attempt"]!, count, over)));
                count();
            }
        }
        finally
        {
            await Task.WhenAll(logs);
        }
    }

    private async Task FollowAsync(HttpClient client, string job, int attempt, Action count, CancellationToken over)
    {
        // An event of before the last kill may only come now; the stream follows the newest attempt.
        var row = JsonNode.Parse(await client.GetStringAsync($"/api/v1/jobs/{job}", over))!;
        if ((int)row["attempt"]! != attempt || row["state"]!.ToString() == "ready") return;
        var lines = _lines.GetOrAdd((job, attempt), _ => []);
        await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/jobs/{job}/log/follow", over))
        {
            var data = JsonNode.Parse(sent.Data)!;
            if (sent.Name == "end") Remember(job, OutcomeOf(data));
            else
            {
                _touched[(job, attempt)] = true;
                lines.AddRange(data["lines"]!.AsArray().Select(Line));
            }
            count();
        }
    }

    private void Remember(string job, Outcome outcome)
    {
        if (_outcomes.TryAdd(job, outcome)) return;
        Assert.Equal(_outcomes[job], outcome);
    }

    private async Task CheckEventsAsync(HttpClient client, long after, List<string> wrong)
    {
        if (_newest > after)
        {
            using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
            long last = after;
            await foreach (var sent in ServerSentEvents.ReadAsync(client, $"/api/v1/events?after={after}", over.Token))
            {
                if (sent.Name == "start") continue;
                long number = sent.Id!.Value;
                if (number <= last) wrong.Add($"event {number} came after event {last}");
                last = number;
                // Events that the client had not yet seen when the master died are news.
                if (number > _newest) break;
                if (!_events.TryGetValue(number, out string? seen)) wrong.Add($"event {number} was not sent, though later ones were: {sent.Data}");
                else if (seen != sent.Data) wrong.Add($"event {number} was '{seen}', but now is '{sent.Data}'");
                if (number == _newest) break;
            }
            if (last < _newest) wrong.Add($"events {last + 1} to {_newest} were sent, but are not there");
        }
        _checkedTo = _newest;
    }

    private async Task CheckLogAsync(HttpClient client, string job, int attempt, List<string> wrong)
    {
        var there = new List<string>();
        var output = new List<string>();
        long from = 1;
        while (true)
        {
            var page = (await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{job}/log?attempt={attempt}&from={from}&lines=5000"))!;
            var lines = page["lines"]!.AsArray();
            if (lines.Count == 0) break;
            there.AddRange(lines.Select(Line));
            output.AddRange(lines.Where(l => l!["stream"]!.ToString() == "stdout").Select(l => l!["text"]!.ToString()));
            from = (long)page["next_line"]!;
        }
        var shown = _lines[(job, attempt)];
        if (there.Count < shown.Count) wrong.Add($"attempt {attempt} of job {job} had shown {shown.Count} lines, but has {there.Count}");
        int differs = shown.Zip(there).TakeWhile(p => p.First == p.Second).Count();
        if (differs < Math.Min(shown.Count, there.Count)) wrong.Add($"attempt {attempt} of job {job} had shown '{shown[differs]}', but now has '{there[differs]}'");
        // Once each and in order, whatever was shown of it.
        int odd = output.Select((text, i) => text == $"line {i + 1}").TakeWhile(right => right).Count();
        if (odd < output.Count) wrong.Add($"attempt {attempt} of job {job}: line {odd + 1} of its output is '{output[odd]}'");
        if (_outcomes.TryGetValue(job, out var outcome) && outcome.State == "succeeded" && outcome.Attempt == attempt &&
            _submitted.TryGetValue(job, out var submitted) && output.Count != submitted.Lines)
            wrong.Add($"job {job} was reported as succeeded with {submitted.Lines} lines, but has {output.Count}");
    }

    private static string Line(JsonNode? line) => $"{line!["number"]} {line["stream"]} {line["text"]}";

    private static Outcome OutcomeOf(JsonNode job) => new(
        job["state"]!.ToString(), (int?)job["attempt"] ?? 0, (int?)job["exit_code"], job["reason"]?.ToString() ?? "");

    /// <summary>Ends well when the connection breaks: the master was killed.</summary>
    private static async Task Until(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
        }
    }
}
