using System.Collections.Immutable;

namespace Quern.Protocols.Branch;

/// <summary>What is fixed about one command.</summary>
/// <param name="Roles">Who has it.</param>
/// <param name="V1">Its words in V1, the one that Quern writes first; empty where the dialect does not have it.</param>
/// <param name="V2">The same for V2.</param>
/// <param name="Shape">Of a successful answer.</param>
/// <param name="Replies">The fixed texts it may be answered with, beside those that every command has.</param>
public sealed record BranchCommandRow(
    BranchCommand Command, ImmutableArray<BranchRole> Roles, ImmutableArray<string> V1, ImmutableArray<string> V2, BranchShape Shape,
    ImmutableArray<BranchReply> Replies);
