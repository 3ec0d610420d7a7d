using System.Collections.Concurrent;
using System.Text;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost.Tests.Perspective;

/// <summary>An object of a master (step, writer, reader, avatar) that answers every call at once and remembers it.</summary>
internal sealed class RecordingObject : ILocalObject
{
    private readonly TaskCompletionSource<JellyValue> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _stdout = new();
    private readonly List<string> _keys = [];
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();

    /// <summary>What <c>read</c> answers in turn; nothing when it is empty.</summary>
    public Queue<byte[]> Blocks { get; } = new();

    /// <summary>Lengths of the blocks of <c>write</c>.</summary>
    public List<int> Written { get; } = [];

    /// <summary>The argument of <c>complete</c>.</summary>
    public Task<JellyValue> Completed => _completed.Task.WaitAsync(FakeMaster.Patience);

    public long? ReturnCode { get; private set; }

    /// <summary>Keys of updates and names of other calls, neighbours of one key once.</summary>
    public string Sequence
    {
        get
        {
            lock (_keys) return string.Join(' ', _keys);
        }
    }

    /// <summary>Completes when a call of that method came, or output that has the text.</summary>
    public Task HeardAsync(string methodOrText)
    {
        var heard = Awaited(methodOrText);
        lock (_stdout)
        {
            if (_stdout.ToString().Contains(methodOrText, StringComparison.Ordinal)) heard.TrySetResult();
        }
        return heard.Task.WaitAsync(FakeMaster.Patience);
    }

    public ValueTask CallAsync(IncomingCall call)
    {
        try
        {
            if (call.Method == "update") Update(Assert.IsType<JellyValue.List>(call.Arguments[0]));
            else Note(call.Method);
            if (call.Method == "write") Written.Add(Assert.IsType<JellyValue.Bytes>(call.Arguments[0]).Value.Length);
        }
        catch (Exception e)
        {
            _completed.TrySetException(e);   // the test sees it; the worker sees a refusal
            throw;
        }
        var completion = call.Method == "complete" ? call.Arguments[0].Detach() : null;
        call.Answer(call.Method switch
        {
            "update" => 0L,
            "read" => new JellyValue.Bytes(Blocks.TryDequeue(out byte[]? block) ? block : []),
            _ => JellyValue.None.Value,
        });
        if (completion is not null) _completed.TrySetResult(completion);
        Awaited(call.Method).TrySetResult();
        return ValueTask.CompletedTask;
    }

    private void Update(JellyValue.List updates)
    {
        // One update a call, one key an update: masters of every age take that.
        var pair = Assert.IsType<JellyValue.List>(Assert.Single(updates.Items));
        Assert.Equal(new JellyValue.Integer(0), pair.Items[1]);
        var (key, value) = Assert.Single(Assert.IsType<JellyValue.Dictionary>(pair.Items[0]).Entries);
        Assert.True(key.TryGetText(out string? name));
        Note(name);
        if (name == "rc") ReturnCode = Assert.IsType<JellyValue.Integer>(value).Value;
        if (name != "stdout" || !value.TryGetText(out string? text)) return;
        lock (_stdout)
        {
            _stdout.Append(text);
            foreach (var (expected, heard) in _awaited)
                if (_stdout.ToString().Contains(expected, StringComparison.Ordinal)) heard.TrySetResult();
        }
    }

    private void Note(string key)
    {
        lock (_keys)
        {
            if (_keys.Count == 0 || _keys[^1] != key) _keys.Add(key);
        }
    }

    private TaskCompletionSource Awaited(string what) =>
        _awaited.GetOrAdd(what, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
