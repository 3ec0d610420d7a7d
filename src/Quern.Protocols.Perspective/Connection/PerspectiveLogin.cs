using System.Security.Cryptography;
using System.Text;

namespace Quern.Protocols.Perspective;

/// <summary>newcred login of both ends: challenge, response, mind and avatar.</summary>
/// <remarks>response = MD5(MD5(password) + challenge), raw digests. Twisted 22.4, <c>twisted/spread/pb.py</c>.</remarks>
public static class PerspectiveLogin
{
    /// <summary>Bytes of a challenge.</summary>
    public const int ChallengeBytes = 16;

    /// <summary>The object that a server publishes as <c>root</c>.</summary>
    /// <param name="realm">Decides.</param>
    /// <param name="fillChallenge">Fills a challenge with random bytes.</param>
    public static ILocalObject Root(ILoginRealm realm, Action<Span<byte>>? fillChallenge = null) =>
        new LoginRoot(realm, fillChallenge ?? RandomNumberGenerator.Fill);

    /// <summary>Logs in. The mind is served from the first step on, for servers call it before they answer.</summary>
    public static async Task<LoginResult> LoginAsync(
        PerspectiveConnection connection, string userName, ReadOnlyMemory<byte> password, ILocalObject mind)
    {
        switch (await connection.CallAsync(connection.Root, LoginWords.Login, [JellyValue.Bytes.Of(userName)]))
        {
            case CallResult.Failed failed:
                return new LoginResult.Refused(failed.Failure);
            case CallResult.Lost lost:
                return new LoginResult.Lost(lost.Reason);
            case CallResult.Answered { Value: JellyValue.Sequence { Items: [JellyValue.Bytes challenge, JellyValue.Remote challenger] } }:
                return await RespondAsync(connection, challenge.Value, challenger, password, mind);
            default:
                return new LoginResult.Lost("the server's challenge has the wrong shape");
        }
    }

    /// <summary>Logs in without a name, where the server offers it.</summary>
    /// <param name="connection">A client's.</param>
    /// <param name="mind">What the server may call; null for nothing.</param>
    public static async Task<LoginResult> LoginAnonymouslyAsync(PerspectiveConnection connection, ILocalObject? mind)
    {
        JellyValue given = mind is null ? JellyValue.None.Value : new JellyValue.Remote(connection.Export(mind));
        return ResultOf(connection, await connection.CallAsync(connection.Root, LoginWords.LoginAnonymous, [given]));
    }

    /// <summary>Computes a response.</summary>
    /// <param name="passwordMd5">MD5 of the password's bytes.</param>
    /// <param name="challenge">What the server sent.</param>
    /// <param name="response">16 bytes.</param>
    public static void Respond(ReadOnlySpan<byte> passwordMd5, ReadOnlySpan<byte> challenge, Span<byte> response)
    {
#pragma warning disable CA5351 // The protocol is MD5; there is no other.
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        md5.AppendData(passwordMd5);
        md5.AppendData(challenge);
        md5.GetHashAndReset(response);
    }

    private static async Task<LoginResult> RespondAsync(
        PerspectiveConnection connection, ReadOnlyMemory<byte> challenge, JellyValue.Remote challenger, ReadOnlyMemory<byte> password, ILocalObject mind)
    {
        if (connection.Take(challenger) is not { } reference) return new LoginResult.Lost("the server's challenge has the wrong shape");
        byte[] response = new byte[MD5.HashSizeInBytes];
#pragma warning disable CA5351 // The protocol is MD5; there is no other.
        Respond(MD5.HashData(password.Span), challenge.Span, response);
#pragma warning restore CA5351
        var answer = connection.CallAsync(
            reference, LoginWords.Respond, [new JellyValue.Bytes(response), new JellyValue.Remote(connection.Export(mind))]);
        connection.Release(reference);
        return ResultOf(connection, await answer);
    }

    private static LoginResult ResultOf(PerspectiveConnection connection, CallResult answer) => answer switch
    {
        CallResult.Answered { Value: JellyValue.Remote avatar } when connection.Take(avatar) is { } taken => new LoginResult.Accepted(taken),
        CallResult.Failed failed => new LoginResult.Refused(failed.Failure),
        CallResult.Lost lost => new LoginResult.Lost(lost.Reason),
        _ => new LoginResult.Lost("the server's answer to the login has the wrong shape"),
    };
}
