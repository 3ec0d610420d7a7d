using System.Collections.Immutable;
using System.Text;
using Quern.Model;

namespace Quern.WorkerHost.Tests;

public sealed class EmbeddedWorkerLinkTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("quern-embedded-").FullName;
    private readonly EmbeddedWorkerLink _link;
    private readonly Observer _observer = new();

    public EmbeddedWorkerLinkTests() => _link = new EmbeddedWorkerLink(new WorkerName("inner"), _root, TimeProvider.System);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken interrupt = default) =>
        _link.RunAsync(command, "slot-0", _observer, interrupt).WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);

    [Fact]
    public async Task A_script_runs_in_its_place_and_its_output_reaches_the_observer()
    {
        var result = await RunAsync(new RemoteCommand.Shell
        {
            Script = "pwd; echo \"$GREETING\"; exit 3",
            WorkingDirectory = "sub",
            Environment = ImmutableSortedDictionary<string, string?>.Empty.Add("GREETING", "häi"),
        });

        Assert.Equal(3, Assert.IsType<CommandResult.Ended>(result).ExitCode);
        Assert.Equal($"{_root}/slot-0/sub\nhäi\n", _observer.Text(OutputStream.Stdout));
        Assert.Contains(" using PTY: False\n", _observer.Text(OutputStream.Header), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_download_then_an_upload_bring_the_bytes_back()
    {
        _observer.Content = new byte[700_000];
        new Random(7).NextBytes(_observer.Content);

        var down = await RunAsync(new RemoteCommand.DownloadFile(new MasterSource.Text(""), "in/file"));
        var up = await RunAsync(new RemoteCommand.UploadFile("in/file", new MasterTarget.Package()));

        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(down).ExitCode);
        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(up).ExitCode);
        Assert.Equal(_observer.Content, _observer.Written);
        Assert.True(_observer.Closed);
    }

    [Fact]
    public async Task Names_that_glob_finds_are_in_the_result()
    {
        await RunAsync(new RemoteCommand.MakeDirectory(["a/b", "a/c"]));

        var result = await RunAsync(new RemoteCommand.Glob("a/*"));

        Assert.Equal([$"{_root}/slot-0/a/b", $"{_root}/slot-0/a/c"], Assert.IsType<CommandResult.Ended>(result).Files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_interrupt_ends_the_command()
    {
        using var stop = new CancellationTokenSource();
        _observer.Said = text =>
        {
            if (text.Contains("started", StringComparison.Ordinal)) stop.CancelAfter(TimeSpan.Zero);
        };

        var result = await RunAsync(new RemoteCommand.Shell { Script = "echo started; sleep 1000" }, stop.Token);

        Assert.Equal(-1, Assert.IsType<CommandResult.Ended>(result).ExitCode);
    }

    [Fact]
    public async Task An_observer_that_cannot_take_output_ends_the_command_with_its_reason()
    {
        _observer.Said = text =>
        {
            if (text.Contains("started", StringComparison.Ordinal)) throw new IOException("disk full");
        };

        var result = await RunAsync(new RemoteCommand.Shell { Script = "echo started; sleep 1000" });

        Assert.Contains("disk full", Assert.IsType<CommandResult.Refused>(result).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_link_answers_as_lost_and_ends_what_runs()
    {
        _observer.Said = text =>
        {
            if (text.Contains("started", StringComparison.Ordinal)) _link.Close("enough");
        };

        var running = await RunAsync(new RemoteCommand.Shell { Script = "echo started; sleep 1000" });
        var later = await RunAsync(new RemoteCommand.Stat("x"));

        Assert.Equal(new CommandResult.Lost("enough"), running);
        Assert.Equal(new CommandResult.Lost("enough"), later);
        Assert.Equal("enough", await _link.Closed);
    }

    private sealed class Observer : ICommandObserver
    {
        private readonly Dictionary<OutputStream, StringBuilder> _texts = [];
        private readonly List<byte> _written = [];
        private int _read;

        public byte[] Content { get; set; } = [];
        public byte[] Written => [.. _written];
        public bool Closed { get; private set; }
        public Action<string>? Said { get; set; }

        public string Text(OutputStream stream) => _texts.TryGetValue(stream, out var text) ? text.ToString() : "";

        public ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at)
        {
            if (!_texts.TryGetValue(stream, out var all)) _texts[stream] = all = new StringBuilder();
            all.Append(Encoding.UTF8.GetString(text.Span));
            if (stream == OutputStream.Stdout) Said?.Invoke(all.ToString());
            return ValueTask.CompletedTask;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> block)
        {
            _written.AddRange(block.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask CloseWriteAsync()
        {
            Closed = true;
            return ValueTask.CompletedTask;
        }

        public ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length)
        {
            var block = Content.AsMemory(_read, Math.Min(length, Content.Length - _read));
            _read += block.Length;
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(block);
        }

        public ValueTask CloseReadAsync() => ValueTask.CompletedTask;
    }
}
