namespace Quern.Interop.BuildbotSuite;

/// <summary>
/// The test cases by which Buildbot 3.7.0 tries a worker of another version under its master, and those of its other integration tests that
/// need a worker, with <c>quern-worker</c> in its place. They come with Buildbot's source alone: docs/interop.md says how to name it.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class BuildbotOwnSuiteTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Interop = "interop";

    /// <summary>Whole modules, so that none of their cases can be left out: fewer than these and something did not run.</summary>
    private static readonly string[] Others =
    [
        "test_trigger", "test_URLs", "test_log_finish", "test_virtual_builder", "test_usePty", "test_integration_scheduler_reconfigure",
        "test_integration_with_secrets", "test_stop_build", "test_stop_trigger", "test_integration_template",
    ];

    private readonly SuiteRun _run = new();

    /// <param name="protocol">For cases that would do with a worker inside the master; <c>null</c> leaves them so.</param>
    /// <param name="cases">How many are known.</param>
    /// <param name="workers">How many of them start a worker.</param>
    /// <param name="modules">Which.</param>
    [Theory(Explicit = true)]
    [InlineData("null", 40, 26, Interop)]
    [InlineData("pb", 17, 17, "others")]
    [InlineData("msgpack", 17, 17, "others")]
    public async Task Every_case_ends_well_with_our_worker(string protocol, int cases, int workers, string modules)
    {
        var ended = await _run.RunAsync(protocol, modules == Interop ? [Interop] : Others);

        output.WriteLine($"{ended.Cases.Count} cases of Buildbot ran, {ended.Started} of them with quern-worker:");
        foreach (var (name, word) in ended.Cases) output.WriteLine($"  {word} {name}");
        string[] bad = [.. ended.Cases.Where(c => c.Value != "ok").Select(c => c.Key)];
        Assert.True(bad.Length == 0, $"{string.Join(", ", bad)} did not end well:\n{ended.Output}");
        Assert.True(ended.ExitCode == 0, $"the suite ended with {ended.ExitCode}:\n{ended.Output}");
        Assert.True(ended.Cases.Count >= cases, $"{ended.Cases.Count} cases ran, {cases} are known");
        Assert.True(ended.Started >= workers, $"our worker was started {ended.Started} times, {workers} are known");
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _run.DisposeAsync();
}
