using System.Text;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>
/// Everything one attempt writes: the job's own output and, when a step follows files, a log of each. Used by one plan
/// runner at a time.
/// </summary>
public sealed class JobLog(LogStore store, JobId job, int attempt, TimeProvider time)
{
    /// <summary>More names than this in one attempt go to the job's own output, each line with its name.</summary>
    private const int MaxFollowedLogs = 32;

    private readonly LogWriter _main = store.Open(job, attempt, "");

    /// <summary>Null until the first followed file.</summary>
    private Dictionary<string, LogWriter>? _followed;

    public ValueTask AppendAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at) =>
        log.Length == 0 ? _main.AppendAsync(stream, text, at) : Followed(log).AppendAsync(stream, text, at);

    /// <summary>A line of the farm's own, in the header stream.</summary>
    public ValueTask SayAsync(string line) =>
        _main.AppendAsync(OutputStream.Header, Encoding.UTF8.GetBytes(line.ReplaceLineEndings(" ") + "\n"), time.GetUtcNow());

    /// <summary>Syncs and closes every log of the attempt.</summary>
    /// <returns>Lines and bytes of all of them.</returns>
    public async ValueTask<JobLogFacts> CompleteAsync()
    {
        var facts = await _main.CompleteAsync();
        foreach (var log in _followed?.Values.AsEnumerable() ?? [])
        {
            var more = await log.CompleteAsync();
            facts = new JobLogFacts(facts.Lines + more.Lines, facts.Bytes + more.Bytes);
        }
        return facts;
    }

    private LogWriter Followed(string name)
    {
        _followed ??= [];
        if (_followed.TryGetValue(name, out var writer)) return writer;
        if (_followed.Count >= MaxFollowedLogs) return _main;
        return _followed[name] = store.Open(job, attempt, name);
    }
}
