using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>Who an agent is, as its certificate says.</summary>
/// <param name="Name">Given by the farm; the farm goes by the UUID, so it may have another name for it by now.</param>
internal sealed record AgentIdentity(string Uuid, WorkerName Name, string Group, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string UuidPrefix = "urn:uuid:";
    private static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);

    /// <summary>When it asks for the next certificate: two thirds of this one's life are over.</summary>
    public DateTimeOffset RenewAt => NotBefore + (NotAfter - NotBefore) * 2 / 3;

    /// <summary>Null when this is no certificate of an agent.</summary>
    public static AgentIdentity? Of(X509Certificate2 certificate)
    {
        if (UuidIn(certificate) is not { } uuid || !WorkerName.TryParse(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), out var name)) return null;
        return new AgentIdentity(
            uuid, name, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true),
            new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
    }

    private static string? UuidIn(X509Certificate2 certificate)
    {
        if (certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == SubjectAlternativeName) is not { } names) return null;
        try
        {
            var reader = new AsnReader(names.RawData, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                if (!reader.PeekTag().HasSameClassAndValue(s_uri))
                {
                    reader.ReadEncodedValue();
                    continue;
                }
                string uri = reader.ReadCharacterString(UniversalTagNumber.IA5String, s_uri);
                if (uri.StartsWith(UuidPrefix, StringComparison.Ordinal) && Guid.TryParseExact(uri[UuidPrefix.Length..], "D", out var uuid)) return $"{uuid}";
            }
        }
        catch (AsnContentException)
        {
            // Then it has none.
        }
        return null;
    }
}
