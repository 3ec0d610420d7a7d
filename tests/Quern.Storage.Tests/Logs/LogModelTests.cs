using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests.Logs;

/// <summary>Any order of appends, crashes and reopenings, against a list.</summary>
public sealed class LogModelTests
{
    private static readonly DateTimeOffset At = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Fact]
    public void Random_chunks_and_reopenings_read_back_as_a_plain_list() =>
#pragma warning disable VSTHRD002 // FsCheck's properties are synchronous; no context is there to deadlock on.
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), steps => HoldsAsync(steps).GetAwaiter().GetResult())
            .QuickCheckThrowOnFailure();
#pragma warning restore VSTHRD002

    /// <summary>The low three bits of a step choose what is done, the others how much.</summary>
    private static async Task<bool> HoldsAsync(byte[] steps)
    {
        using var folder = new TemporaryFolder();
        var options = new LogStoreOptions { FrameBytes = 512, SmallLogBytes = 200, RecordBytes = 256 };
        var job = JobId.Create(At);
        var model = new List<(OutputStream Stream, string Text)>();
        var store = new LogStore(folder.Path, new ManualTime(), options);
        var writer = store.Open(job, 1, "");

        foreach (byte step in steps)
        {
            if ((step & 7) == 7)
            {
                await store.DisposeAsync();
                bool tear = step > 128 && File.Exists(LogPath.Of(folder.Path, job, 1, "").Tail);
                if (tear) await File.AppendAllBytesAsync(LogPath.Of(folder.Path, job, 1, "").Tail, new byte[5]);
                store = new LogStore(folder.Path, new ManualTime(), options);
                writer = store.Open(job, 1, "");
                // The mark is written before the next line; append one so that the order in the model is plain.
                if (tear) model.Add((OutputStream.Header, "[quern: 5 bytes cut: the log's writer ended in the middle of a line]"));
                await AppendAsync(writer, OutputStream.Stdout, ["again"], model);
            }
            else
            {
                var lines = Enumerable.Range(0, (step >> 3) + 1).Select(i => Line(model.Count + i)).ToList();
                await AppendAsync(writer, (OutputStream)(step % 3), lines, model);
            }
        }
        var facts = await writer.CompleteAsync();
        bool same = await ReadsAsync(store, job, model) && facts.Lines == model.Count;
        await store.DisposeAsync();
        return same;
    }

    private static async Task AppendAsync(
        LogWriter writer, OutputStream stream, List<string> lines, List<(OutputStream Stream, string Text)> model)
    {
        await writer.AppendAsync(stream, Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n"), At);
        model.AddRange(lines.Select(l => (stream, l)));
    }

    private static async Task<bool> ReadsAsync(LogStore store, JobId job, List<(OutputStream Stream, string Text)> model)
    {
        using var reader = await store.OpenReaderAsync(job, 1, "");
        var all = await reader!.ReadAsync(1, int.MaxValue);
        using var copy = new MemoryStream();
        await reader.CopyTextAsync(copy);
        return all.Complete && all.TotalLines == model.Count
            && all.Lines.Select(l => (l.Stream, l.Text)).SequenceEqual(model)
            && Encoding.ASCII.GetString(copy.ToArray()) == string.Concat(model.Select(l => l.Text + "\n"));
    }

    private static string Line(int number)
    {
        string digits = number.ToString(CultureInfo.InvariantCulture);
        return digits.PadRight(number * 7919 % 200, '.');
    }
}
