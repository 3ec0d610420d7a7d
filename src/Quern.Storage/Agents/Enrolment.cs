using System.Collections.Immutable;
using System.Net;
using Quern.Model;

namespace Quern.Storage;

/// <summary>A machine that wants to become an agent.</summary>
/// <param name="Secret">Of the key that it showed.</param>
/// <param name="PublicKeySha256">Of its own public key (DER).</param>
/// <param name="Uuid">What it will be known by if it is new.</param>
/// <param name="WantedName">Null when it asked for none that a worker may have.</param>
public sealed record Enrolment(Sha256Hash Secret, Sha256Hash PublicKeySha256, string Uuid, WorkerName? WantedName, IPAddress From)
{
    /// <summary>Names of workers that are here without an account.</summary>
    public ImmutableHashSet<string> NamesTaken { get; init; } = [];

    /// <summary>What it says that its machine is called; may be empty.</summary>
    public string Hostname { get; init; } = "";
}
