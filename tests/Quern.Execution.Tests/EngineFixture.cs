using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

/// <summary>An engine with a folder of its own and a small fixed environment.</summary>
public sealed class EngineFixture : IAsyncDisposable
{
    /// <summary>How long a test waits for something that must happen; a machine under load needs some of it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CommandEngine _engine;

    /// <summary>What the commands get: the stock timer, unless a test must hear of output while the program runs.</summary>
    public WorkerSettings Settings { get; set; } = WorkerSettings.Buildbot;

    public EngineFixture()
    {
        Root = Directory.CreateTempSubdirectory("quern-execution-").FullName;
        _engine = new CommandEngine(
            new EngineOptions
            {
                BaseDirectory = Root,
                Environment = ImmutableSortedDictionary<string, string>.Empty
                    .Add("PATH", "/usr/bin:/bin").Add("HOME", "/srv/farm/home").Add("LANG", "C.UTF-8").Add("LOGNAME", "farm"),
            },
            TimeProvider.System);
    }

    public string Root { get; }

    public string PathOf(string name) => Path.Combine(Root, name);

    public static WireValue.Map Map(params (string Key, WireValue Value)[] entries) =>
        new([.. entries.Select(e => KeyValuePair.Create(e.Key, e.Value))]);

    public static WireValue.List List(params string[] texts) => new([.. texts.Select(WireValue.FromString)]);

    internal RunningCommand Start(string name, RecordingChannel channel, params (string Key, WireValue Value)[] arguments) =>
        Assert.IsType<StartResult.Started>(_engine.Start(name, Map(arguments), channel, Settings)).Command;

    internal async Task<RecordingChannel> RunAsync(string name, params (string Key, WireValue Value)[] arguments)
    {
        var channel = new RecordingChannel();
        await Start(name, channel, arguments).Completion.WaitAsync(Patience);
        return channel;
    }

    internal Task<RecordingChannel> ShellAsync(WireValue command, params (string Key, WireValue Value)[] arguments) =>
        RunAsync("shell", [("command", command), ("workdir", PathOf("build")), .. arguments]);

    internal StartResult Refusal(string name, params (string Key, WireValue Value)[] arguments) =>
        _engine.Start(name, Map(arguments), new RecordingChannel(), WorkerSettings.Buildbot);

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}
