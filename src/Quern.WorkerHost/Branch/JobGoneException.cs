namespace Quern.WorkerHost;

/// <summary>The master has taken the job away: it knows none of this bot any more.</summary>
/// <param name="answer">As it says so.</param>
internal sealed class JobGoneException(string answer) : Exception($"the master has no job of this bot any more: {answer}");
