using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <param name="Code">A one-time code, where the account has them.</param>
/// <param name="RecoveryCode">Instead of a one-time code; each counts once.</param>
internal sealed record LoginRequest(string User, string Password, string? Code = null, string? RecoveryCode = null);

/// <param name="EndsAt">When the session is over however much it is used.</param>
/// <param name="MustChangePassword">The session can do nothing before: POST /api/v1/account/password.</param>
/// <param name="MustEnrolTotp">The session can do nothing before: POST /api/v1/account/totp.</param>
internal sealed record LoginAnswer(string Token, string Principal, DateTimeOffset EndsAt, bool MustChangePassword, bool MustEnrolTotp);

internal sealed record FarmModel(
    string Version, ImmutableSortedDictionary<string, long> Jobs, int WorkersConnected, int SlotsBusy, int Slots, long LastEvent);

/// <param name="Job">Null for a package that was imported.</param>
internal sealed record PackageModel(
    string Name, string RealVersion, string Version, string Environment, string Architecture, string Sha256, long Bytes, string? Job, DateTimeOffset Time);

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

internal sealed record SlotsRequest(int Slots);

/// <param name="Rotate">Of a worker that has a password; else of a new one.</param>
/// <param name="Slots">Of a new one.</param>
/// <param name="Password">One that the machine has already; null to have one made.</param>
internal sealed record WorkerCredentialRequest(bool Rotate = false, int Slots = 1, string? Password = null)
{
    /// <summary>Without its password.</summary>
    public override string ToString() => $"rotate: {Rotate}, slots: {Slots}";
}

/// <param name="Password">Shown once; null for one that was brought.</param>
internal sealed record WorkerCredentialAnswer(string Name, string? Password)
{
    /// <summary>Without its password.</summary>
    public override string ToString() => Name;
}

internal sealed record WorkerPage(ImmutableArray<WorkerModel> Items, string? Next);
