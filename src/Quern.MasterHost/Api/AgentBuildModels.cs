using System.Collections.Immutable;
using Quern.MasterHost.Agents;

namespace Quern.MasterHost.Api;

/// <param name="Group">Name or id.</param>
/// <param name="Platform">For instance <c>linux-x64</c>; the farm's own when left out.</param>
/// <param name="Addresses"><c>HOST:PORT</c> of listeners for administration, in the order to try; those that are open when left out.</param>
/// <param name="Deploy">The machine to bring it to; null builds only.</param>
internal sealed record AgentBuildRequest(
    string Group, string Format, string? Platform = null, IReadOnlyList<string>? Tags = null, int Slots = 1, IReadOnlyList<string>? Addresses = null,
    AgentDeployRequest? Deploy = null);

/// <param name="HostKey">What the machine's host key must be: <c>SHA256:…</c>.</param>
/// <param name="PrivateKey">The text of a key file; either this or <paramref name="Password"/>.</param>
/// <param name="InstallPath">On the machine; <c>/opt/quern-agent</c> when left out.</param>
internal sealed record AgentDeployRequest(
    string Host, string User, string HostKey, int Port = 22, string? Password = null, string? PrivateKey = null, string? Passphrase = null, string? InstallPath = null)
{
    /// <summary>Without its secrets.</summary>
    public override string ToString() => $"{User}@{Host}:{Port}";
}

/// <param name="State"><c>queued</c>, <c>generate</c>, <c>package</c>, <c>connect</c>, <c>probe</c>, <c>upload</c>, <c>install</c>, <c>start</c>, <c>done</c> or <c>error</c>.</param>
/// <param name="Percent">0 to 100, of the whole.</param>
/// <param name="Target">The machine it is brought to; empty for a build alone.</param>
/// <param name="Artifact">Null until it is packed, and when nothing of it is kept.</param>
/// <param name="KeptUntil">Null until it has ended.</param>
internal sealed record AgentBuildModel(
    string Id, string Group, string Platform, string Format, string By, string Target, string State, int Percent, string Message, DateTimeOffset OrderedAt,
    AgentArtifactModel? Artifact, DateTimeOffset? KeptUntil)
{
    public static AgentBuildModel Of(AgentBuild b) => new(
        b.Id, b.GroupName, b.Platform, b.Format, b.By, b.Target, b.Step.ToString().ToLowerInvariant(), b.Percent, b.Message, b.OrderedAt,
        b.Artifact is { } a ? new AgentArtifactModel(a.Name, a.Bytes, a.Sha256, a.KeyId) : null, b.KeptUntil);
}

/// <param name="KeyId">Of the enrolment key inside.</param>
internal sealed record AgentArtifactModel(string Name, long Bytes, string Sha256, string KeyId);

internal sealed record AgentBuildPage(ImmutableArray<AgentBuildModel> Items);

/// <param name="Path">To be asked for at this farm, once, by anybody who has it.</param>
internal sealed record AgentLinkModel(string Path, DateTimeOffset ExpiresAt);

/// <param name="Platforms">What agents can be made for here.</param>
/// <param name="Formats">What they can be made as.</param>
internal sealed record AgentPayloadPage(ImmutableArray<AgentPayloadModel> Platforms, ImmutableArray<string> Formats);

/// <param name="Bytes">Of the program; null where none is there.</param>
/// <param name="HasBase">Whether images can be made, too.</param>
/// <param name="Here">Whether it is the farm's own platform.</param>
internal sealed record AgentPayloadModel(string Platform, long? Bytes, bool HasBase, bool Here);
