using System.Security.Cryptography;

namespace Quern.Protocols.Perspective;

/// <summary>A peer that answered a login challenge. Whether the answer is right, and what follows, is the application's word.</summary>
/// <param name="Connection">Its connection.</param>
/// <param name="UserName">Who it says it is.</param>
/// <param name="Mind">Its own object, for calls to it; taken for the application, which owns it until the connection ends.</param>
/// <param name="Challenge">16 random bytes, used once.</param>
/// <param name="Response">What it made of challenge and password; any length.</param>
public sealed record LoginAttempt(
    PerspectiveConnection Connection, string UserName, RemoteReference Mind, ReadOnlyMemory<byte> Challenge, ReadOnlyMemory<byte> Response)
{
    /// <summary>Whether the response was made with this password. Takes the same time for every wrong one.</summary>
    /// <param name="passwordMd5">MD5 of the password's bytes, 16 bytes.</param>
    public bool IsFor(ReadOnlySpan<byte> passwordMd5)
    {
        Span<byte> expected = stackalloc byte[MD5.HashSizeInBytes];
        PerspectiveLogin.Respond(passwordMd5, Challenge.Span, expected);
        return CryptographicOperations.FixedTimeEquals(expected, Response.Span);
    }
}
