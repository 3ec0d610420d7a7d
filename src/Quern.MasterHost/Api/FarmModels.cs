using System.Collections.Immutable;
using Quern.Storage;

namespace Quern.MasterHost.Api;

internal sealed record LoginRequest(string User, string Password);

internal sealed record LoginAnswer(string Token, string Principal);

internal sealed record FarmModel(
    string Version, ImmutableSortedDictionary<string, long> Jobs, int WorkersConnected, int SlotsBusy, int Slots, long LastEvent);

internal sealed record PackageModel(
    string Name, string RealVersion, string Version, string Environment, string Architecture, string Sha256, long Bytes, string Job, DateTimeOffset Time);

internal sealed record PackagePage(ImmutableArray<PackageModel> Items, string? Next);

internal sealed record SourceModel(string Id, string Filename, string Description, string Sha256, long Bytes, string AddedBy, DateTimeOffset Time)
{
    public static SourceModel Of(ExtraSource s) => new(s.Id, s.Filename, s.Description, s.Sha256.Hex, s.Bytes, s.AddedBy.Name, s.Time);
}

internal sealed record SourcePage(ImmutableArray<SourceModel> Items, string? Next);

/// <param name="Since">When it came or went last; null when it never came.</param>
/// <param name="Events">Newest first; null in lists.</param>
internal sealed record WorkerModel(
    string Name, string State, int Slots, int Busy, string Protocol, string Version, string Architecture, string System,
    DateTimeOffset? Since, string LastChange, string Origin, ImmutableArray<WorkerEventModel>? Events = null);

internal sealed record WorkerEventModel(DateTimeOffset Time, string Kind, string Reason);

internal sealed record WorkerPage(ImmutableArray<WorkerModel> Items, string? Next);

/// <param name="Open">The address with the port that is really listened on; null while closed.</param>
/// <param name="Problem">Why it could not be opened; null when nothing is wrong.</param>
internal sealed record ListenerModel(string Protocol, string Address, int Port, bool Enabled, string Origin, string? Open, string? Problem);

internal sealed record ListenerPage(ImmutableArray<ListenerModel> Items);

internal sealed record ListenerRequest(string Protocol, int Port, string? Address = null);
