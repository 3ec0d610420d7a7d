using System.Collections.Frozen;
using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Access;

/// <summary>The right behind every command of the Branch protocol: what an endpoint's declaration is for HTTP.</summary>
internal static class BranchRights
{
    /// <summary>What clients of a group may do whose rights the configuration does not say: all that a controller is for.</summary>
    public static ImmutableHashSet<string> OfControllers { get; } =
    [
        Right.RecipeRead, Right.RecipeWrite, Right.JobRead, Right.JobSubmit, Right.JobCancel, Right.PackageRead, Right.SourceRead, Right.SourceWrite,
        Right.WorkerRead, Right.EventRead,
    ];

    private static readonly FrozenDictionary<BranchCommand, string> ByCommand = new Dictionary<BranchCommand, string>
    {
        [BranchCommand.Checkout] = Right.RecipeRead,
        [BranchCommand.PackageInfo] = Right.RecipeRead,
        [BranchCommand.PackageBuilds] = Right.RecipeRead,
        [BranchCommand.Dependers] = Right.RecipeRead,
        [BranchCommand.DependerTree] = Right.RecipeRead,
        [BranchCommand.Submit] = Right.RecipeWrite,
        [BranchCommand.Delete] = Right.RecipeWrite,
        [BranchCommand.ReleaseBuild] = Right.JobSubmit,
        [BranchCommand.CrossBuild] = Right.JobSubmit,
        [BranchCommand.RebuildDependers] = Right.JobSubmit,
        [BranchCommand.ReleaseSolution] = Right.JobSubmit,
        [BranchCommand.CrossSolution] = Right.JobSubmit,
        [BranchCommand.JobLog] = Right.JobRead,
        [BranchCommand.Jobs] = Right.JobRead,
        [BranchCommand.QueuedJobs] = Right.JobRead,
        [BranchCommand.RunningJobs] = Right.JobRead,
        [BranchCommand.CompletedJobs] = Right.JobRead,
        [BranchCommand.CancelJob] = Right.JobCancel,
        [BranchCommand.CancelAll] = Right.JobCancel,
        [BranchCommand.ClearCompleted] = Right.JobCancel,
        [BranchCommand.SystemLog] = Right.EventRead,
        [BranchCommand.Clients] = Right.WorkerRead,
        [BranchCommand.Controllers] = Right.WorkerRead,
        [BranchCommand.Bots] = Right.WorkerRead,
        [BranchCommand.ClientInfo] = Right.WorkerRead,
        [BranchCommand.Packages] = Right.PackageRead,
        [BranchCommand.LockedPackages] = Right.PackageRead,
        [BranchCommand.ExtraSources] = Right.SourceRead,
        [BranchCommand.RemoveExtraSource] = Right.SourceWrite,
        [BranchCommand.TransferExtraSource] = Right.SourceWrite,
        [BranchCommand.CompleteTransfer] = Right.SourceWrite,
    }.ToFrozenDictionary();

    /// <summary>The right that a command needs; empty for one that every client has.</summary>
    /// <exception cref="KeyNotFoundException">Nobody said what it needs.</exception>
    public static string Of(BranchCommand command) => command == BranchCommand.SetName ? "" : ByCommand[command];
}
