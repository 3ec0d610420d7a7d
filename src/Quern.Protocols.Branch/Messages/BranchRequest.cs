using System.Collections.Immutable;
using System.Globalization;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>What a controller or a bot asks of the master, the same for both dialects.</summary>
public abstract record BranchRequest
{
    private BranchRequest(BranchCommand command) => Command = command;

    public BranchCommand Command { get; }

    /// <summary>What a request carries, where that is one text; null where it is nothing or JSON.</summary>
    internal string? Value => this switch
    {
        ShowKey r => r.Key,
        SetType r => r.Type,
        SetName r => r.Name,
        Checkout r => r.Name,
        PackageInfo r => r.Name,
        Build r => r.Name,
        JobLog r => r.Job,
        Dependers r => r.Name,
        DependerTree r => r.Name,
        RebuildDependers r => r.Name,
        CancelJob r => r.Job,
        ClientInfo r => r.Name,
        Delete r => r.Name,
        RemoveExtraSource r => r.Id,
        StatusUpdate r => r.Status,
        TransferPackage r => r.Length.ToString(CultureInfo.InvariantCulture),
        ExtraSourceInfo r => r.Id,
        FetchExtraSource r => r.Id,
        SystemEvent r => r.Text,
        _ => null,
    };

    /// <summary>V1: shows a key.</summary>
    public sealed record ShowKey(string Key) : BranchRequest(BranchCommand.ShowKey);

    /// <summary>V1: says what the peer is.</summary>
    public sealed record SetType(string Type) : BranchRequest(BranchCommand.SetType);

    /// <summary>V1: gives the peer a name; may be empty and may be repeated.</summary>
    public sealed record SetName(string Name) : BranchRequest(BranchCommand.SetName);

    /// <summary>V2: everything of a login at once.</summary>
    /// <param name="Name">Empty when it is null or no text.</param>
    /// <param name="Type">Empty when it is null or no text.</param>
    /// <param name="Key">Null when it is null or no text.</param>
    /// <param name="Version">Null when it is no whole number.</param>
    /// <param name="ShownVersion">As an answer repeats it; at most 32 characters.</param>
    public sealed record LogOn(string Name, string Type, string? Key, long? Version, string ShownVersion) : BranchRequest(BranchCommand.LogOn);

    public sealed record Checkout(string Name) : BranchRequest(BranchCommand.Checkout);

    /// <summary>V1a: as <see cref="Checkout"/>, with another refusal.</summary>
    public sealed record PackageInfo(string Name) : BranchRequest(BranchCommand.PackageInfo);

    public sealed record Submit(BranchPackageBuild Package) : BranchRequest(BranchCommand.Submit);

    public sealed record Build(string Name, BranchBuildType Type)
        : BranchRequest(Type == BranchBuildType.Cross ? BranchCommand.CrossBuild : BranchCommand.ReleaseBuild);

    /// <param name="Offset">V2.1: how many lines the controller has; null asks for the whole log. Below zero for what is no count.</param>
    public sealed record JobLog(string Job, long? Offset) : BranchRequest(BranchCommand.JobLog);

    public sealed record SystemLog() : BranchRequest(BranchCommand.SystemLog);

    public sealed record Dependers(string Name) : BranchRequest(BranchCommand.Dependers);

    /// <summary>V1a: the dependers as a text.</summary>
    public sealed record DependerTree(string Name) : BranchRequest(BranchCommand.DependerTree);

    public sealed record RebuildDependers(string Name) : BranchRequest(BranchCommand.RebuildDependers);

    /// <summary>V2: all three lists.</summary>
    public sealed record Jobs() : BranchRequest(BranchCommand.Jobs);

    public sealed record QueuedJobs() : BranchRequest(BranchCommand.QueuedJobs);

    public sealed record RunningJobs() : BranchRequest(BranchCommand.RunningJobs);

    public sealed record CompletedJobs() : BranchRequest(BranchCommand.CompletedJobs);

    /// <summary>V2: both lists.</summary>
    public sealed record Clients() : BranchRequest(BranchCommand.Clients);

    public sealed record Controllers() : BranchRequest(BranchCommand.Controllers);

    public sealed record Bots() : BranchRequest(BranchCommand.Bots);

    /// <summary>Names that have a built package.</summary>
    public sealed record Packages() : BranchRequest(BranchCommand.Packages);

    /// <summary>Names that have a recipe.</summary>
    public sealed record PackageBuilds() : BranchRequest(BranchCommand.PackageBuilds);

    public sealed record ClearCompleted() : BranchRequest(BranchCommand.ClearCompleted);

    public sealed record CancelJob(string Job) : BranchRequest(BranchCommand.CancelJob);

    public sealed record CancelAll() : BranchRequest(BranchCommand.CancelAll);

    /// <param name="Steps">As they came; default when they make no solution.</param>
    public sealed record Solution(ImmutableArray<ImmutableArray<string>> Steps, BranchBuildType Type)
        : BranchRequest(Type == BranchBuildType.Cross ? BranchCommand.CrossSolution : BranchCommand.ReleaseSolution)
    {
        public bool Equals(Solution? other) =>
            other is not null && Type == other.Type && Steps.IsDefault == other.Steps.IsDefault &&
            (Steps.IsDefault || (Steps.Length == other.Steps.Length && Steps.Zip(other.Steps).All(p => p.First.SequenceEqual(p.Second))));

        public override int GetHashCode() => HashCode.Combine(Type, Steps.IsDefault ? 0 : Steps.Length);
    }

    public sealed record ClientInfo(string Name) : BranchRequest(BranchCommand.ClientInfo);

    /// <summary>V1: packages that are being downloaded.</summary>
    public sealed record LockedPackages() : BranchRequest(BranchCommand.LockedPackages);

    public sealed record Delete(string Name) : BranchRequest(BranchCommand.Delete);

    public sealed record ExtraSources() : BranchRequest(BranchCommand.ExtraSources);

    public sealed record RemoveExtraSource(string Id) : BranchRequest(BranchCommand.RemoveExtraSource);

    /// <param name="Length">Bytes that follow, from 1.</param>
    public sealed record TransferExtraSource(string FileName, string Description, long Length) : BranchRequest(BranchCommand.TransferExtraSource);

    public sealed record CompleteTransfer() : BranchRequest(BranchCommand.CompleteTransfer);

    /// <summary>A bot describes its machine.</summary>
    public sealed record MachineInformation(ImmutableArray<BranchFact> Facts) : BranchRequest(BranchCommand.MachineInformation)
    {
        public bool Equals(MachineInformation? other) => other is not null && Facts.SequenceEqual(other.Facts);

        public override int GetHashCode() => Facts.Length;
    }

    public sealed record DeploymentConfiguration() : BranchRequest(BranchCommand.DeploymentConfiguration);

    /// <summary>A bot can take a job; ends the one it has.</summary>
    public sealed record Ready() : BranchRequest(BranchCommand.Ready);

    public sealed record Pong() : BranchRequest(BranchCommand.Pong);

    /// <param name="IsBare">V1a: the status was itself the command.</param>
    public sealed record StatusUpdate(string Status, bool IsBare = false) : BranchRequest(IsBare ? BranchCommand.BareStatus : BranchCommand.StatusUpdate);

    /// <summary>The whole log, in place of what was there.</summary>
    public sealed record SubmitLog(ImmutableArray<string> Lines) : BranchRequest(BranchCommand.SubmitLog)
    {
        public bool Equals(SubmitLog? other) => other is not null && Lines.SequenceEqual(other.Lines);

        public override int GetHashCode() => Lines.Length;
    }

    /// <summary>V2.1: more of the log.</summary>
    public sealed record AppendLog(ImmutableArray<string> Lines) : BranchRequest(BranchCommand.AppendLog)
    {
        public bool Equals(AppendLog? other) => other is not null && Lines.SequenceEqual(other.Lines);

        public override int GetHashCode() => Lines.Length;
    }

    /// <summary>V2.1: the files that the package will have.</summary>
    public sealed record SubmitContent(ImmutableArray<string> Paths) : BranchRequest(BranchCommand.SubmitContent)
    {
        public bool Equals(SubmitContent? other) => other is not null && Paths.SequenceEqual(other.Paths);

        public override int GetHashCode() => Paths.Length;
    }

    /// <param name="Length">Bytes of the package that follow, from 1.</param>
    public sealed record TransferPackage(long Length) : BranchRequest(BranchCommand.TransferPackage);

    public sealed record ExtraSourceInfo(string Id) : BranchRequest(BranchCommand.ExtraSourceInfo);

    /// <summary>Answered with the bare bytes of the file.</summary>
    public sealed record FetchExtraSource(string Id) : BranchRequest(BranchCommand.FetchExtraSource);

    public sealed record SystemEvent(string Text) : BranchRequest(BranchCommand.SystemEvent);

    /// <summary>A word that this peer does not have. <paramref name="Word"/> is cut at 64 characters.</summary>
    public sealed record Unknown(string Word) : BranchRequest(BranchCommand.Unknown);

    /// <summary>A known command with a value that it cannot have.</summary>
    /// <param name="Of">The command.</param>
    /// <param name="Answer">What the peer is told.</param>
    public sealed record Malformed(BranchCommand Of, BranchAnswer.Reply Answer) : BranchRequest(Of);
}
