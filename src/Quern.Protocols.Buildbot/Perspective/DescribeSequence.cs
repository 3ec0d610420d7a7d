using Quern.Protocols.Perspective;

namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>
/// How a master gets to know a worker over Perspective Broker, as a pure function: greet it, ask who it is, and fall back to
/// the questions of the time when workers were slaves. buildbot-pb.md sections 8.1 and 9.1.
/// </summary>
public static class DescribeSequence
{
    private const string Greeting = "attached";
    private const string SlaveGreeting = "this worker has no getWorkerInfo; it is asked with the methods of buildbot-slave instead";
    private const string Commands = "worker_commands";

    public static DescribeStep Start() => new(new DescribeState.Greeting(), PerspectiveNames.Print, Greeting);

    /// <param name="state">Where the master stands.</param>
    /// <param name="answer">The answer to its last call.</param>
    public static DescribeStep Next(DescribeState state, CallResult answer) => (state, answer) switch
    {
        (_, CallResult.Lost lost) => Fail(lost.Reason),
        (DescribeState.Greeting, CallResult.Answered) => Ask(new DescribeState.Asking(), PerspectiveNames.GetWorkerInfo),
        (DescribeState.Asking, CallResult.Answered { Value: var said }) => Described(said),
        (DescribeState.Asking, CallResult.Failed { Failure: var failure }) when IsMissing(failure) =>
            new DescribeStep(new DescribeState.GreetingSlave(), PerspectiveNames.Print, SlaveGreeting),
        (DescribeState.GreetingSlave, CallResult.Answered) => Ask(new DescribeState.AskingSlave(), PerspectiveNames.GetSlaveInfo),
        (DescribeState.AskingSlave, CallResult.Answered { Value: var said }) => SlaveDescribed(said),
        (DescribeState.AskingSlave, CallResult.Failed { Failure: var failure }) when IsMissing(failure) =>
            Ask(new DescribeState.AskingCommands(WireValue.Map.Empty), PerspectiveNames.GetCommands),
        (DescribeState.AskingCommands s, CallResult.Answered { Value: var said }) => JellyWire.TryRead(said, out WireValue? commands, out _)
            ? Ask(new DescribeState.AskingVersion(With(s.Said, Commands, commands)), PerspectiveNames.GetVersion)
            : Fail("the worker's list of commands cannot be read"),
        (DescribeState.AskingCommands s, CallResult.Failed { Failure: var failure }) when IsMissing(failure) =>
            Ask(new DescribeState.AskingVersion(s.Said), PerspectiveNames.GetVersion),
        (DescribeState.AskingVersion s, CallResult.Answered { Value: var said }) => said.TryGetText(out string? version)
            ? Finish(With(s.Said, "version", version))
            : Finish(s.Said),
        (DescribeState.AskingVersion s, CallResult.Failed { Failure: var failure }) when IsMissing(failure) => Finish(s.Said),
        (_, CallResult.Failed { Failure: var failure }) => Fail($"the worker refused a request: {MasterObjectCalls.Describe(failure)}"),
        _ => Fail("the worker answered when nothing was asked"),
    };

    private static DescribeStep Described(JellyValue said) =>
        Map(said) is { } map ? Finish(map) : Fail("the worker's description cannot be read");

    private static DescribeStep SlaveDescribed(JellyValue said)
    {
        if (Map(said) is not { } map) return Fail("the worker's description cannot be read");

        // Beta versions of 0.9.0 tell their commands here already.
        return map["slave_commands"] is { } commands
            ? Finish(With(map, Commands, commands))
            : Ask(new DescribeState.AskingCommands(map), PerspectiveNames.GetCommands);
    }

    private static DescribeStep Finish(WireValue.Map map)
    {
        WorkerInfo? info = WorkerInfoReader.TryRead(map, needsBaseDirectory: false, out string problem);
        return info is null ? Fail(problem) : new DescribeStep(new DescribeState.Known(info), null, null);
    }

    private static bool IsMissing(CopiedFailure failure) =>
        failure.Is("twisted.spread.flavors.NoSuchMethod") || failure.Is("builtins.AttributeError") || failure.Is("exceptions.AttributeError");

    private static WireValue.Map? Map(JellyValue said) =>
        JellyWire.TryRead(said, out WireValue? value, out _) ? value as WireValue.Map : null;

    private static WireValue.Map With(WireValue.Map map, string key, WireValue value) => new(map.Entries.Add(new(key, value)));

    private static DescribeStep Ask(DescribeState state, string method) => new(state, method, null);

    private static DescribeStep Fail(string reason) => new(new DescribeState.Failed(reason), null, null);
}
