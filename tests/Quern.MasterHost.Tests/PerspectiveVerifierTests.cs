using System.Text;
using Quern.MasterHost.Listeners;

namespace Quern.MasterHost.Tests;

public sealed class PerspectiveVerifierTests
{
    // The test vectors of buildbot-pb.md section 7; the second is from the wire.
    [Theory]
    [InlineData("secret", "000102030405060708090a0b0c0d0e0f", "8dc4fac7084c226bd62b12a1cd62830a")]
    [InlineData("throwaway-pw", "b8f160435d37f45161bbc79e2b42319f", "b7713656e48f5f78cacc170ade6018c5")]
    public void The_response_of_the_password_proves_it_and_nothing_else_does(string password, string challenge, string response)
    {
        string verifier = PerspectiveVerifier.Of(Encoding.UTF8.GetBytes(password));
        byte[] asked = Convert.FromHexString(challenge), proof = Convert.FromHexString(response);

        Assert.True(PerspectiveVerifier.Proves(verifier, asked, proof));
        Assert.False(PerspectiveVerifier.Proves(PerspectiveVerifier.Of("other"u8), asked, proof));
        Assert.False(PerspectiveVerifier.Proves(verifier, [.. asked.AsSpan(0, 15), (byte)(asked[15] ^ 1)], proof));
        Assert.False(PerspectiveVerifier.Proves(verifier, asked, proof.AsSpan(0, 15)));
        Assert.False(PerspectiveVerifier.Proves(verifier, asked, []));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("zz1122334455667788990011223344zz")]
    public void Without_a_verifier_nothing_proves_anything(string verifier)
    {
        byte[] challenge = new byte[16];
        byte[] ofZeros = Convert.FromHexString("8dc4fac7084c226bd62b12a1cd62830a");

        Assert.False(PerspectiveVerifier.Proves(verifier, challenge, ofZeros));
        Assert.False(PerspectiveVerifier.Proves(verifier, challenge, Quern.Testing.ChallengeResponse.Of("", challenge)));
    }
}
