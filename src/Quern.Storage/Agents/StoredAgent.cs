using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>A worker that joined with an enrolment key.</summary>
/// <param name="Uuid">Made by the farm, in its certificates; stays when it is renamed.</param>
/// <param name="Worker">The name it works by.</param>
/// <param name="Team">The group's id.</param>
/// <param name="EnrolmentKey">The id of the key that it came with.</param>
/// <param name="PublicKeySha256">Of the public key (DER) that it came with.</param>
public sealed record StoredAgent(string Uuid, WorkerName Worker, string Team, AgentState State, string EnrolmentKey, Sha256Hash PublicKeySha256)
{
    /// <summary>The group's name; empty when there is none of that id any more.</summary>
    public string Group { get; init; } = "";

    public ImmutableArray<string> Tags { get; init; } = [];

    public int Slots { get; init; } = 1;

    public string Hostname { get; init; } = "";

    public string Platform { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>Its system in a word of the administration protocol, for instance <c>linux</c>; empty until it said it there.</summary>
    public string Os { get; init; } = "";

    /// <summary>The same for its processor, for instance <c>x86_64</c>.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Where its program lies, as it said; may be empty.</summary>
    public string InstallFolder { get; init; } = "";

    /// <summary>Whether it found a boot agent on its machine.</summary>
    public bool BootAgent { get; init; }

    /// <summary>When it last said what its machine is, over the administration protocol; null for never.</summary>
    public DateTimeOffset? ReportedAt { get; init; }

    /// <summary>Where it came from last.</summary>
    public string Address { get; init; } = "";

    public DateTimeOffset FirstSeenAt { get; init; }

    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>It is to get no more jobs.</summary>
    public bool Drained { get; init; }

    /// <summary>Certificates that were issued before are to be renewed; null for none.</summary>
    public DateTimeOffset? RenewalAskedAt { get; init; }

    /// <summary>The end of its newest certificate that was not revoked; null when it has none.</summary>
    public DateTimeOffset? CertificateNotAfter { get; init; }
}
