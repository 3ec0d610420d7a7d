using System.Collections.Immutable;
using Quern.Peers.Dispatch;

namespace Quern.Peers.Branch;

/// <summary>The one job of a bot. Changed while the turn is held, except for what completes by itself.</summary>
internal sealed class BotBuild(RecipeOrder order, JobLog log)
{
    /// <summary>Until the bot says something, as the original has it.</summary>
    public const string NotAccepted = "WAITING";

    public RecipeOrder Order { get; } = order;

    public JobLog Log { get; } = log;

    /// <summary>The bot's own word for what it does.</summary>
    public volatile string Status = NotAccepted;

    /// <summary>Whether the order is on the wire.</summary>
    public volatile bool IsSent;

    /// <summary>The job has ended for the farm, and the bot does not know it: what it says is taken and thrown away.</summary>
    public volatile bool IsAbandoned;

    /// <summary>Whether a log came in that was meant as the whole one.</summary>
    public bool HasLog { get; set; }

    /// <summary>Files that other packages have; empty when there are none, or nobody asked.</summary>
    public ImmutableArray<string> Conflicts { get; set; } = [];

    /// <summary>Completes when the bot says anything about the job.</summary>
    public TaskCompletionSource Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<RecipeEnd> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
