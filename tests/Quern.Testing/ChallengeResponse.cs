using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Quern.Testing;

/// <summary>How a worker proves its password over Perspective Broker. buildbot-pb.md section 7.</summary>
[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The wire protocol prescribes it.")]
public static class ChallengeResponse
{
    /// <summary>MD5 of the password's MD5 and the challenge, 16 raw bytes.</summary>
    public static byte[] Of(string password, ReadOnlySpan<byte> challenge) =>
        MD5.HashData([.. MD5.HashData(Encoding.UTF8.GetBytes(password)), .. challenge]);
}
