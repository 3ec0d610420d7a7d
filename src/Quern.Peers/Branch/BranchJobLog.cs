using System.Collections.Immutable;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>
/// The log of a job as one run of lines: all its attempts after each other, with a line between them, so that a controller which
/// asks again and again for what is new gets what follows when a job was lost and starts anew.
/// </summary>
internal sealed class BranchJobLog(LogStore logs, JobRow job)
{
    /// <summary>Lines and characters of one answer.</summary>
    private const int MaxLines = 100_000;
    private const int MaxCharacters = 8 << 20;

    private const int PageLines = 5000;

    /// <summary>What there is from a line on, counted from 0, up to a bound; null when there are fewer lines than that.</summary>
    public async Task<ImmutableArray<string>?> FromAsync(long offset, CancellationToken cancellationToken)
    {
        var attempts = await LengthsAsync(cancellationToken);
        return offset < 0 || offset > attempts.Sum(a => a.Lines) ? null : await ReadAsync(attempts, offset, cancellationToken);
    }

    /// <summary>All of it; of a log beyond the bound the last lines, after one that says so. Null when there is no log.</summary>
    public async Task<ImmutableArray<string>?> WholeAsync(CancellationToken cancellationToken)
    {
        var attempts = await LengthsAsync(cancellationToken);
        long total = attempts.Sum(a => a.Lines);
        if (total == 0) return null;
        long skipped = Math.Max(0, total - MaxLines);
        var lines = await ReadAsync(attempts, skipped, cancellationToken);
        while (skipped + lines.Length < total)
        {
            // Long lines: as many of the last ones as have room.
            skipped = Math.Max(skipped + 1, total - (lines.Length / 2));
            lines = await ReadAsync(attempts, skipped, cancellationToken);
        }
        return skipped == 0 ? lines : lines.Insert(0, $"[quern] the first {skipped} lines of this log are left out");
    }

    private async Task<List<(int Attempt, long Lines)>> LengthsAsync(CancellationToken cancellationToken)
    {
        var lengths = new List<(int, long)>();
        if (job.LogDeletedAt is not null) return lengths;
        for (int attempt = 1; attempt <= job.Attempt; attempt++)
        {
            using var reader = await logs.OpenReaderAsync(job.Id, attempt, "", cancellationToken);
            long lines = reader is null ? 0 : (await reader.ReadAsync(1, 0, cancellationToken)).TotalLines;
            lengths.Add((attempt, lines + (attempt > 1 ? 1 : 0)));
        }
        return lengths;
    }

    private async Task<ImmutableArray<string>> ReadAsync(List<(int Attempt, long Lines)> attempts, long offset, CancellationToken cancellationToken)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        int room = MaxCharacters;
        foreach (var (attempt, count) in attempts)
        {
            long skip = Math.Min(offset, count);
            offset -= skip;
            if (skip == count) continue;
            if (attempt > 1 && skip == 0) lines.Add($"[quern] attempt {attempt}: the one before was lost");
            long next = attempt > 1 ? Math.Max(1, skip) : skip + 1, last = attempt > 1 ? count - 1 : count;
            if (next > last) continue;
            using var reader = await logs.OpenReaderAsync(job.Id, attempt, "", cancellationToken);
            if (reader is null) return lines.ToImmutable();
            while (next <= last && room > 0 && lines.Count < MaxLines)
            {
                var page = await reader.ReadAsync(next, (int)Math.Min(PageLines, last - next + 1), cancellationToken);
                if (page.Lines.IsEmpty) return lines.ToImmutable();
                foreach (var line in page.Lines)
                {
                    if (room <= 0 || lines.Count >= MaxLines) return lines.ToImmutable();
                    lines.Add(line.Text);
                    room -= line.Text.Length;
                }
                next = page.NextLine;
            }
            if (next <= last) return lines.ToImmutable();
        }
        return lines.ToImmutable();
    }
}
