using System.Globalization;
using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <summary>
/// The log of one job. A live one goes out while it grows: every ten lines of output, and before each status. The other one is sent whole:
/// what the package manager said, the last lines of output, what was stripped. Branch protocol, "Log format".
/// </summary>
internal sealed class BotLog(BotTalk talk, bool isLive, BotLimits limits)
{
    private const int LinesAtOnce = 10;
    private const int LastLines = 5000;

    // Live: lines that were not sent yet, all kinds in order. Whole: by kind.
    private readonly List<string> _waiting = [];
    private readonly List<string> _notes = [];
    private readonly Queue<string> _output = new();
    private readonly List<string> _stripped = [];
    private string _unfinished = "";
    private long _characters;
    private bool _isFull;

    /// <summary>Adds a line of the bot itself.</summary>
    public void Say(LogTag tag, string text)
    {
        string line = Cut(text.ReplaceLineEndings(" "));
        if (isLive) Add(_waiting, $"{Mark(tag)} {line}");
        else if (tag == LogTag.Strip) Add(_stripped, $"[strip] {line}");
        else if (tag == LogTag.Leaf) Add(_notes, $"[leaf] {line}");
        else if (tag is LogTag.Download or LogTag.Conflict) Add(_notes, line);
    }

    /// <summary>Says why there is no package.</summary>
    public void Fail(string reason)
    {
        if (isLive) Say(LogTag.Builder, reason);
        else Add(_stripped, Cut(reason.ReplaceLineEndings(" ")));
    }

    /// <summary>Takes a piece of what the recipe's script says.</summary>
    /// <exception cref="IOException">The connection is over.</exception>
    /// <exception cref="JobGoneException">The master has no such job.</exception>
    public async Task OutputAsync(string text, CancellationToken cancellationToken)
    {
        string[] lines = (_unfinished + text).Split('\n');
        _unfinished = Cut(lines[^1]);
        foreach (string line in lines.AsSpan(0, lines.Length - 1)) AddOutput(line);
        if (isLive && _waiting.Count >= LinesAtOnce) await FlushAsync(cancellationToken);
    }

    /// <summary>The script has ended; its last line may have no end.</summary>
    public void EndOutput()
    {
        if (_unfinished.Length > 0) AddOutput(_unfinished);
        _unfinished = "";
    }

    /// <summary>Sends what is waiting; of a log that is sent whole, nothing yet.</summary>
    /// <inheritdoc cref="OutputAsync"/>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (!isLive || _waiting.Count == 0) return;
        var answer = await talk.AskAsync(new BranchRequest.AppendLog([.. _waiting]), cancellationToken);
        _waiting.Clear();
        if (!answer.IsDone) throw new JobGoneException(answer.Text);
    }

    /// <summary>Sends the whole log, or the rest of a live one.</summary>
    /// <inheritdoc cref="OutputAsync"/>
    public async Task SubmitAsync(CancellationToken cancellationToken)
    {
        if (isLive)
        {
            await FlushAsync(cancellationToken);
            return;
        }
        var answer = await talk.AskAsync(new BranchRequest.SubmitLog([.. _notes, .. _output, .. _stripped]), cancellationToken);
        if (!answer.IsDone) throw new JobGoneException(answer.Text);
    }

    private static string Mark(LogTag tag) => tag switch
    {
        LogTag.Download => "[DL]",
        LogTag.Leaf => "[Leaf]",
        LogTag.Strip => "[strip]",
        LogTag.Conflict => "[CONFLICT]",
        _ => "[Builder]",
    };

    private void AddOutput(string line)
    {
        if (isLive)
        {
            if (line.AsSpan().Trim() is { Length: > 0 } trimmed) Add(_waiting, Cut(trimmed.ToString()));
            return;
        }
        string cut = Cut(line.TrimEnd('\r'));
        _characters += cut.Length;
        _output.Enqueue(cut);
        // The last lines tell why a build failed: the first ones go.
        while (_output.Count > LastLines || (_characters > limits.MaxLogCharacters / 2 && _output.Count > 1)) _characters -= _output.Dequeue().Length;
    }

    private void Add(List<string> lines, string line)
    {
        if (_isFull) return;
        _characters += line.Length;
        _isFull = _characters > limits.MaxLogCharacters;
        lines.Add(_isFull ? string.Create(CultureInfo.InvariantCulture, $"the log has more than {limits.MaxLogCharacters} characters; the rest is left out") : line);
    }

    // Never between the halves of a character.
    private string Cut(string line) => line.Length <= limits.MaxLineCharacters ? line
        : line[..(char.IsHighSurrogate(line[limits.MaxLineCharacters - 1]) ? limits.MaxLineCharacters - 1 : limits.MaxLineCharacters)];
}
