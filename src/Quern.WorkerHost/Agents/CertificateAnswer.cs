using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>What the farm answered to a request for a certificate.</summary>
internal abstract record CertificateAnswer
{
    private CertificateAnswer() { }

    /// <param name="Certificate">DER.</param>
    /// <param name="Chain">DER, the issuer first.</param>
    public sealed record Granted(ReadOnlyMemory<byte> Certificate, ImmutableArray<ReadOnlyMemory<byte>> Chain) : CertificateAnswer;

    /// <summary>Somebody must let it in first; ask again later.</summary>
    public sealed record Pending : CertificateAnswer;

    /// <summary>Nothing came of it now; the same may be asked again later.</summary>
    public sealed record Later(TimeSpan? After) : CertificateAnswer;

    /// <summary>The farm does not want this machine, or not with this key.</summary>
    public sealed record Refused(string Detail) : CertificateAnswer;
}
