using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>What acceptors ask of the farm where a worker shows a client certificate. Safe for many calls at once.</summary>
public interface ICertificateGate
{
    /// <summary>Whose certificate (DER) it is; null when it is none of ours, over, revoked, or of a worker that may not come.</summary>
    CertifiedWorker? Recognize(ReadOnlyMemory<byte> certificate);

    /// <summary>
    /// A worker that showed this certificate is about to be handed to <see cref="IWorkerGate.AttachedAsync"/>. From now on its link is
    /// closed when the certificate is revoked; one that was revoked since it was recognized is closed at once.
    /// </summary>
    /// <param name="worker">As it was recognized.</param>
    ValueTask CameAsync(IWorkerLink link, CertifiedWorker worker, ReadOnlyMemory<byte> certificate, string remote);

    /// <summary>A certificate was shown that nobody is recognized by.</summary>
    void Refused(ReadOnlyMemory<byte> certificate, string remote);
}

/// <summary>A worker that is known by its certificate; nobody asks it for a password.</summary>
/// <param name="RenewalAskedAt">It is to be told to renew its certificate, as was asked then; null when it need not.</param>
public sealed record CertifiedWorker(WorkerName Name, DateTimeOffset? RenewalAskedAt);
