using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// Checks a login over Perspective Broker. The protocol prescribes MD5: the worker proves that it knows the MD5 of the password,
/// which is therefore what the master keeps. docs/adr/0007-worker-verifier.md.
/// </summary>
[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The wire protocol prescribes it.")]
internal static class PerspectiveVerifier
{
    /// <summary>What is kept of a password, as lower-case hex.</summary>
    public static string Of(ReadOnlySpan<byte> password) => Convert.ToHexStringLower(MD5.HashData(password));

    /// <summary>Whether the response to a challenge proves the password. Takes the same time for every verifier and response.</summary>
    /// <param name="verifier">What <see cref="Of"/> made; anything else proves nothing.</param>
    /// <param name="challenge">As it was sent.</param>
    /// <param name="response">As it came back.</param>
    public static bool Proves(string verifier, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> response)
    {
        Span<byte> known = stackalloc byte[MD5.HashSizeInBytes];
        bool usable = verifier.Length == 2 * known.Length && Convert.FromHexString(verifier, known, out _, out _) == System.Buffers.OperationStatus.Done;
        byte[] expected = MD5.HashData([.. known, .. challenge]);
        return CryptographicOperations.FixedTimeEquals(expected, response) && usable;
    }
}
