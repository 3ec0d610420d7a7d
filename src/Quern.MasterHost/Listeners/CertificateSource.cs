namespace Quern.MasterHost.Listeners;

/// <summary>Where a listener's certificate comes from.</summary>
internal abstract class CertificateSource
{
    /// <summary>What the next peer is shown; looks whether there is a newer one.</summary>
    public abstract ServedCertificate Current { get; }

    /// <summary>Why a newer one is not used; empty when nothing is wrong.</summary>
    public virtual string Problem => "";

    /// <summary>One that stays as it is.</summary>
    public sealed class Fixed(ServedCertificate certificate) : CertificateSource
    {
        public override ServedCertificate Current => certificate;
    }
}
