using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <summary>What the master said to a request.</summary>
/// <param name="IsDone">It did what was asked. V2: status 200, whatever the text.</param>
/// <param name="Text">Its words, cut, for people.</param>
/// <param name="Data">What it carries, where it has the form that the request calls for; else null.</param>
internal sealed record BotAnswer(bool IsDone, string Text, BranchAnswer? Data);
