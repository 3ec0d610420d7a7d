using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// Everything one command says, in one order: header, standard output and error and log files share one buffer, which is
/// sent when it is full, when its timer runs out, and at the end. Callers may come from several loops; each waits while the
/// master is slow, so a program that writes faster than the link is held back by its pipe.
/// </summary>
internal sealed class CommandOutput : IAsyncDisposable
{
    private readonly ICommandChannel _channel;
    private readonly WorkerSettings _settings;
    private readonly TimeProvider _time;
    private readonly int _inFlight;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _window;
    private readonly ITimer _timer;

    // Guarded by the gate. A stream's lines are found apart; the key sorts as the end of a command completes them.
    private readonly SortedDictionary<string, TextStream> _streams = new(StringComparer.Ordinal);
    private readonly UpdateBuffer _buffer;
    private readonly List<UpdateBatch> _full = [];
    private readonly LineBatch _lines = new();
    private Task _timedFlush = Task.CompletedTask;
    private bool _closed;
    private volatile bool _lost;

    public CommandOutput(ICommandChannel channel, WorkerSettings settings, TimeProvider time, int updatesInFlight)
    {
        _channel = channel;
        _settings = settings;
        _time = time;
        _inFlight = updatesInFlight;
        _window = new SemaphoreSlim(updatesInFlight, updatesInFlight);
        _buffer = new UpdateBuffer(settings.BufferSize);
        _timer = time.CreateTimer(_ => _timedFlush = SendWaitingAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ValueTask HeaderAsync(string text) => TextAsync(BuildbotNames.Header, "", Encoding.UTF8.GetBytes(text));

    public ValueTask StderrAsync(string text) => TextAsync(BuildbotNames.Stderr, "", Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes of a stream as they were read; for <c>log</c> with the log's name.</summary>
    public async ValueTask TextAsync(string stream, string log, ReadOnlyMemory<byte> read)
    {
        double now = UnixSeconds();
        await _gate.WaitAsync();
        try
        {
            if (_closed) return;
            bool wasEmpty = _buffer.IsEmpty;
            var source = Stream(stream, log);
            source.Lines.Append(source.Repair.Append(read.Span), now, _lines);
            _buffer.Append(stream, log, _lines, _full);
            await SendFullAsync(wasEmpty);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask EntryAsync(UpdateEntry entry)
    {
        await _gate.WaitAsync();
        try
        {
            if (_closed) return;
            bool wasEmpty = _buffer.IsEmpty;
            _buffer.Append(entry, _full);
            await SendFullAsync(wasEmpty);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends unfinished lines, streams in the order of their names, and sends what waits.</summary>
    public async ValueTask FlushAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_closed) return;
            foreach (var source in _streams.Values)
            {
                source.Lines.Flush(_lines);
                _buffer.Append(source.Stream, source.Log, _lines, _full);
            }
            if (_buffer.Take() is { } last) _full.Add(last);
            await SendFullAsync(wasEmpty: false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>What has not been sent is thrown away, and so is whatever comes.</summary>
    public void Abandon() => _lost = true;

    /// <summary>Whether the master has gone; what the command says from then on is thrown away.</summary>
    public bool IsLost => _lost;

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        _closed = true;
        _gate.Release();
        await _timer.DisposeAsync();
        await _timedFlush;
        for (int i = 0; i < _inFlight; i++) await _window.WaitAsync();   // every sent update was answered
        while (_buffer.Take() is { } unsent) unsent.Return();
        _gate.Dispose();
        _window.Dispose();
    }

    private async Task SendWaitingAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_closed || _buffer.Take() is not { } batch) return;
            _full.Add(batch);
            await SendFullAsync(wasEmpty: false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Sends full messages in order; holds the gate, so that nobody overtakes them.</summary>
    private async ValueTask SendFullAsync(bool wasEmpty)
    {
        bool sent = _full.Count > 0;
        foreach (var batch in _full)
        {
            await _window.WaitAsync();
            var answered = Answered(batch);
            if (_inFlight == 1) await answered;
        }
        _full.Clear();
        if (_buffer.IsEmpty) _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        else if (wasEmpty || sent) _timer.Change(_settings.BufferTimeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Never faults: a master that is gone or refuses an update does not stop a command by it.</summary>
    private async Task Answered(UpdateBatch batch)
    {
        try
        {
            if (!_lost) await _channel.UpdateAsync(batch.Entries);
        }
        catch (MasterRefusedException)
        {
            // As a stock worker: the master did not like an update and the command goes on.
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            _lost = true;
        }
        finally
        {
            batch.Return();
            _window.Release();
        }
    }

    private TextStream Stream(string stream, string log)
    {
        string key = stream == BuildbotNames.Log ? log : stream;
        if (!_streams.TryGetValue(key, out var found))
        {
            found = new TextStream(
                stream, log, new Utf8Repair(), new LineFinder(NewlinePatterns.Create(_settings.NewlineRegex), _settings.MaxLineLength));
            _streams.Add(key, found);
        }
        return found;
    }

    private double UnixSeconds() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    private sealed record TextStream(string Stream, string Log, Utf8Repair Repair, LineFinder Lines);
}
