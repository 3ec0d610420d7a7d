namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>Where a master stands in getting to know a worker over Perspective Broker.</summary>
public abstract record DescribeState
{
    private DescribeState() { }

    public sealed record Greeting : DescribeState;

    public sealed record Asking : DescribeState;

    /// <summary>It is of the time when workers were slaves, and is told that this is understood.</summary>
    public sealed record GreetingSlave : DescribeState;

    public sealed record AskingSlave : DescribeState;

    public sealed record AskingCommands(WireValue.Map Said) : DescribeState;

    public sealed record AskingVersion(WireValue.Map Said) : DescribeState;

    public sealed record Known(WorkerInfo Info) : DescribeState;

    public sealed record Failed(string Reason) : DescribeState;
}

/// <summary>What <see cref="DescribeSequence"/> says to do.</summary>
/// <param name="State">Where the master stands now.</param>
/// <param name="Method">Called next on the worker's Bot; null when it is through.</param>
/// <param name="Message">The keyword argument <c>message</c> of that call; null for none.</param>
public readonly record struct DescribeStep(DescribeState State, string? Method, string? Message);
