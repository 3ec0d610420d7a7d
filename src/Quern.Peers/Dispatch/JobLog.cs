using System.Collections.Immutable;
using System.Text;
using Quern.Model;
using Quern.Peers.Secrets;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>
/// Everything one attempt writes: the job's own output and, when a step follows files, a log of each. Secrets are hidden on the
/// way. Used by one plan runner at a time.
/// </summary>
/// <param name="store">Where the logs are kept.</param>
/// <param name="job">Whose they are.</param>
/// <param name="attempt">From 1.</param>
/// <param name="time">For the farm's own lines.</param>
/// <param name="mask">What hides the job's secrets; null when it has none.</param>
public sealed class JobLog(LogStore store, JobId job, int attempt, TimeProvider time, SecretMask? mask = null)
{
    /// <summary>More names than this in one attempt go to the job's own output, each line with its name.</summary>
    private const int MaxFollowedLogs = 32;

    private readonly LogWriter _main = store.Open(job, attempt, "");

    /// <summary>Streams on their way through the mask; empty without one.</summary>
    private readonly Dictionary<(OutputStream Stream, string Log), MaskedText> _masked = [];

    /// <summary>Null until the first followed file.</summary>
    private Dictionary<string, LogWriter>? _followed;

    /// <summary>Names of files that were followed since the step began.</summary>
    private readonly SortedSet<string> _stepLogs = new(StringComparer.Ordinal);

    /// <summary>Lines of the job's own output so far.</summary>
    public long Lines => _main.Lines;

    public ValueTask AppendAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at)
    {
        if (mask is null) return WriterOf(log).AppendAsync(stream, text, at);
        if (!_masked.TryGetValue((stream, log), out var masked)) _masked[(stream, log)] = masked = new MaskedText(mask);
        return WriterOf(log).AppendAsync(stream, masked.Take(text.Span), at);
    }

    /// <summary>A line of the farm's own, in the header stream.</summary>
    public ValueTask SayAsync(string line) =>
        _main.AppendAsync(OutputStream.Header, Encoding.UTF8.GetBytes(Hide(line).ReplaceLineEndings(" ") + "\n"), time.GetUtcNow());

    /// <summary>The text without the job's secrets.</summary>
    public string Hide(string text) => mask is null ? text : mask.Hide(text);

    /// <summary>Writes what was kept back because it could have been the beginning of a secret: a step has ended.</summary>
    /// <returns>Names of the files that were followed since the last time.</returns>
    public async ValueTask<ImmutableArray<string>> EndStepAsync()
    {
        foreach (var ((stream, log), masked) in _masked)
            await WriterOf(log).AppendAsync(stream, masked.Rest(), time.GetUtcNow());
        ImmutableArray<string> logs = [.. _stepLogs];
        _stepLogs.Clear();
        return logs;
    }

    /// <summary>Syncs and closes every log of the attempt.</summary>
    /// <returns>Lines and bytes of all of them.</returns>
    public async ValueTask<JobLogFacts> CompleteAsync()
    {
        await EndStepAsync();
        var facts = await _main.CompleteAsync();
        foreach (var log in _followed?.Values.AsEnumerable() ?? [])
        {
            var more = await log.CompleteAsync();
            facts = new JobLogFacts(facts.Lines + more.Lines, facts.Bytes + more.Bytes);
        }
        return facts;
    }

    private LogWriter WriterOf(string log) => log.Length == 0 ? _main : Followed(log);

    private LogWriter Followed(string name)
    {
        _followed ??= [];
        if (!_followed.TryGetValue(name, out var writer))
        {
            if (_followed.Count >= MaxFollowedLogs) return _main;
            _followed[name] = writer = store.Open(job, attempt, name);
        }
        _stepLogs.Add(name);
        return writer;
    }
}
