using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>Where a master stands in getting to know a worker. buildbot-msgpack.md section 6.</summary>
public abstract record AttachState
{
    private AttachState() { }

    public sealed record Greeting : AttachState;

    public sealed record Asking : AttachState;

    public sealed record Setting(WorkerInfo Info) : AttachState;

    /// <summary>The worker is told its builders (revision v1).</summary>
    public sealed record Placing(WorkerInfo Info) : AttachState;

    /// <summary>A command runs: it must have been answered, said rc 0 and completed.</summary>
    /// <param name="Info">What the worker said.</param>
    /// <param name="Making">False while the base directory is listed, true while places are made in it.</param>
    public sealed record Commanding(WorkerInfo Info, bool Making) : AttachState
    {
        public bool Answered { get; init; }

        public bool Completed { get; init; }

        public int? ReturnCode { get; init; }

        public ImmutableArray<string> Files { get; init; } = [];
    }

    public sealed record Attached(WorkerInfo Info) : AttachState;

    public sealed record Failed(string Reason) : AttachState;
}

/// <summary>What reaches a master that attaches a worker.</summary>
public abstract record AttachInput
{
    private AttachInput() { }

    public sealed record Started : AttachInput;

    /// <summary>The response to the request sent last.</summary>
    public sealed record Answered(WireValue Result, bool IsException) : AttachInput;

    public sealed record Said(ImmutableArray<UpdateEntry> Entries) : AttachInput;

    public sealed record Completed(string? Failure) : AttachInput;
}

/// <summary>The one request to send next, if any.</summary>
public abstract record AttachRequest
{
    private AttachRequest() { }

    public sealed record Print(string Message) : AttachRequest;

    public sealed record GetWorkerInfo : AttachRequest;

    public sealed record SetWorkerSettings(WorkerSettings Settings) : AttachRequest;

    public sealed record SetBuilderList(ImmutableArray<BuilderPlace> Builders) : AttachRequest;

    public sealed record StartCommand(string CommandName, WireValue.Map Arguments) : AttachRequest;
}

/// <param name="State">Where the master stands now.</param>
/// <param name="Request">What it sends, or null when it waits or is through.</param>
public readonly record struct AttachStep(AttachState State, AttachRequest? Request);
