using System.Collections.Immutable;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

/// <summary>A master that takes everything and remembers it.</summary>
internal sealed class RecordingChannel : ICommandChannel
{
    private readonly Lock _lock = new();
    private readonly List<UpdateEntry> _entries = [];
    private readonly List<string> _calls = [];
    private readonly List<byte> _written = [];

    /// <summary>What a download reads.</summary>
    public ReadOnlyMemory<byte> Content { get; set; }

    /// <summary>Called with all text of a stream so far, whenever it grows.</summary>
    public Action<string, string>? Said { get; set; }

    /// <summary>Every block of an upload is answered with an error.</summary>
    public bool RefusesBlocks { get; init; }

    public CommandFailure? Failure { get; private set; }

    public bool Completed { get; private set; }

    public byte[] Written => [.. _written];

    public IReadOnlyList<string> Calls => _calls;

    /// <summary>Entry names in order; text in a row of one stream is one.</summary>
    public string Sequence
    {
        get
        {
            var names = new List<string>();
            foreach (var entry in _entries)
            {
                string name = Name(entry);
                if (entry is UpdateEntry.Text && names.Count > 0 && names[^1] == name) continue;
                names.Add(name);
            }
            return string.Join(' ', names);
        }
    }

    public int? ReturnCode => _entries.OfType<UpdateEntry.ReturnCode>().SingleOrDefault()?.Value;

    public T Single<T>() where T : UpdateEntry => _entries.OfType<T>().Single();

    public string Text(string stream, string log = "")
    {
        lock (_lock)
            return string.Concat(_entries.OfType<UpdateEntry.Text>().Where(t => t.Stream == stream && t.Log == log)
                .Select(t => Encoding.UTF8.GetString(t.Utf8.Span)));
    }

    public ValueTask UpdateAsync(ImmutableArray<UpdateEntry> entries)
    {
        lock (_lock)
        {
            // The memory is lent until this call is answered.
            foreach (var entry in entries)
                _entries.Add(entry is UpdateEntry.Text t
                    ? t with { Utf8 = t.Utf8.ToArray(), NewlineIndexes = t.NewlineIndexes.ToArray(), Times = t.Times.ToArray() }
                    : entry);
            _calls.Add("update");
        }
        foreach (var entry in entries)
            if (entry is UpdateEntry.Text t) Said?.Invoke(t.Stream, Text(t.Stream, t.Log));
        return ValueTask.CompletedTask;
    }

    public ValueTask CompleteAsync(CommandFailure? failure)
    {
        (Failure, Completed) = (failure, true);
        return Call("complete");
    }

    public ValueTask WriteBlockAsync(TransferKind kind, ReadOnlyMemory<byte> block)
    {
        if (RefusesBlocks) throw new MasterRefusedException("no more");
        _written.AddRange(block.Span);
        return Call($"write {block.Length}");
    }

    public ValueTask CloseWriteAsync(TransferKind kind) => Call(kind == TransferKind.File ? "close" : "unpack");

    public ValueTask SetTimesAsync(double accessTime, double modifiedTime) => Call("utime");

    public ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(long length)
    {
        lock (_lock) _calls.Add($"read {length}");
        var block = Content[..(int)Math.Min(length, Content.Length)];
        Content = Content[block.Length..];
        return ValueTask.FromResult(block);
    }

    public ValueTask CloseReadAsync() => Call("close read");

    private ValueTask Call(string name)
    {
        lock (_lock) _calls.Add(name);
        return ValueTask.CompletedTask;
    }

    private static string Name(UpdateEntry entry) => entry switch
    {
        UpdateEntry.Text { Stream: "log" } text => $"log:{text.Log}",
        UpdateEntry.Text text => text.Stream,
        UpdateEntry.ReturnCode => "rc",
        UpdateEntry.Elapsed => "elapsed",
        UpdateEntry.Files => "files",
        UpdateEntry.Stat => "stat",
        UpdateEntry.FailureReason => "failure_reason",
        _ => "?",
    };
}
