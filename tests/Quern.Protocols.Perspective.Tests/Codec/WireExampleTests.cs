using System.Numerics;
using System.Security.Cryptography;
using Xunit;

namespace Quern.Protocols.Perspective.Codec;

/// <summary>The byte examples of <c>docs/protocols/perspective.md</c>.</summary>
public sealed class WireExampleTests
{
    public static TheoryData<string, JellyValue> Canonical => new()
    {
        { "00 81", 0L }, { "01 81", 1L }, { "7f 81", 127L }, { "00 01 81", 128L }, { "7f 01 81", 255L },
        { "00 00 01 81", 16384L }, { "00 00 04 81", 65536L }, { "7f 7f 7f 7f 07 81", 2147483647L },
        { "00 00 00 00 08 85", 2147483648L }, { "00 00 00 00 00 00 00 00 00 01 85", new JellyValue.LargeInteger(BigInteger.Pow(2, 63)) },
        { "01 83", -1L }, { "00 01 83", -128L }, { "00 00 00 00 08 83", -2147483648L }, { "01 00 00 00 08 86", -2147483649L },
        { "84 3f f8 00 00 00 00 00 00", 1.5 }, { "84 41 da c0 b1 57 eb 54 ca", 1795343711.67705 },
        { "00 82", new JellyValue.Bytes(default) }, { "05 82 68 65 6c 6c 6f", JellyValue.Bytes.Of("hello") },
        { "08 87", JellyValue.Bytes.Of("list") },
        { "01 80 01 87", JellyValue.None.Value },
        { "02 80 07 82 62 6f 6f 6c 65 61 6e 04 82 74 72 75 65", true },
        { "02 80 07 82 75 6e 69 63 6f 64 65 04 82 74 65 78 74", "text" },
        { "02 80 07 82 75 6e 69 63 6f 64 65 08 87", "list" },
        { "03 80 08 87 01 81 02 80 07 82 75 6e 69 63 6f 64 65 01 82 61", new JellyValue.List([1L, "a"]) },
        { "02 80 05 87 02 80 02 80 07 82 75 6e 69 63 6f 64 65 01 82 6b 01 81", new JellyValue.Dictionary([KeyValuePair.Create<JellyValue, JellyValue>("k", 1L)]) },
        { "01 80 0b 87", JellyValue.Tuple.Empty }, { "01 80 05 87", JellyValue.Dictionary.Empty },
    };

    [Theory, MemberData(nameof(Canonical))]
    public void A_value_has_these_bytes(string hex, JellyValue value)
    {
        byte[] bytes = Wire.Hex(hex);

        Assert.Equal(value, Wire.Decode(bytes).Value);
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Wire.Encode(value)));
    }

    [Theory]
    [InlineData("81", 0L)]                            // no prefix
    [InlineData("05 00 00 81", 5L)]                   // superfluous groups
    [InlineData("05 85", 5L)]                         // a long integer that is short
    [InlineData("00 83", 0L)]
    [InlineData("7f 7f 7f 7f 7f 7f 7f 7f 7f 81", long.MaxValue)]
    public void A_decoder_takes_integers_that_no_encoder_writes(string hex, long value) =>
        Assert.Equal((JellyValue)value, Wire.Decode(Wire.Hex(hex)).Value);

    [Fact]
    public void Words_of_the_vocabulary_are_plain_strings_in_dialect_none() =>
        Assert.Equal("04826C697374", Convert.ToHexString(Wire.Encode(JellyValue.Bytes.Of("list"), vocabulary: false)));

    [Fact]
    public void Words_of_the_vocabulary_may_come_as_plain_strings() => Assert.Equal(
        new JellyValue.List([7L]), Wire.Decode(Wire.Hex("02 80 04 82 6c 69 73 74 07 81")).Value);

    [Fact]
    public void A_login_call_has_these_bytes() => Assert.Equal(
        Convert.ToHexString(Wire.Hex("07 80 1a 87 01 81 04 82 72 6f 6f 74 14 87 01 81 02 80 0b 87 06 82 66 61 72 6d 65 72 01 80 05 87")),
        Convert.ToHexString(Wire.Encode(new PerspectiveMessage.Call(1, ObjectId.Root, "login", true, [JellyValue.Bytes.Of("farmer")], []))));

    [Fact]
    public void An_answer_of_nothing_has_these_bytes() => Assert.Equal(
        "03801B87018101800187", Convert.ToHexString(Wire.Encode(new PerspectiveMessage.Answer(1, JellyValue.None.Value))));

    [Fact]
    public void A_version_and_the_negotiation_have_these_bytes()
    {
        Assert.Equal("028013870681", Convert.ToHexString(Wire.Encode(new PerspectiveMessage.Version(6))));
        Assert.Equal("02800282706204826E6F6E65", Convert.ToHexString(Wire.Encode(new PerspectiveMessage.DialectOffer(["pb", "none"]), vocabulary: false)));
        Assert.Equal("02827062", Convert.ToHexString(Wire.Encode(new PerspectiveMessage.DialectChoice("pb"), vocabulary: false)));
    }

    [Fact]
    public void A_container_that_comes_again_is_the_same_value()
    {
        byte[] bytes = Wire.Hex("03 80 08 87 03 80 04 87 01 81 02 80 08 87 02 80 07 82 75 6e 69 63 6f 64 65 01 82 73 02 80 03 87 01 81");

        var list = Assert.IsType<JellyValue.List>(Wire.Decode(bytes).Value);

        Assert.Equal(new JellyValue.List(["s"]), list.Items[0]);
        Assert.Same(list.Items[0], list.Items[1]);
    }

    [Fact]
    public void A_container_inside_itself_is_marked_and_cannot_be_sent()
    {
        // l = []; l.append(l)
        var value = Wire.Decode(Wire.Hex("03 80 04 87 01 81 02 80 08 87 02 80 03 87 01 81")).Value;

        Assert.Equal(new JellyValue.List([new JellyValue.Cycle(1)]), value);
        Assert.Throws<ArgumentException>(() => Wire.Encode(value!));
    }

    [Theory]
    [InlineData("secret", "000102030405060708090a0b0c0d0e0f", "8dc4fac7084c226bd62b12a1cd62830a")]
    [InlineData("throwaway-pw", "b8f160435d37f45161bbc79e2b42319f", "b7713656e48f5f78cacc170ade6018c5")]
    public void A_response_is_the_digest_of_the_passwords_digest_and_the_challenge(string password, string challenge, string response)
    {
        byte[] made = new byte[16];

#pragma warning disable CA5351 // The protocol is MD5; there is no other.
        PerspectiveLogin.Respond(MD5.HashData(System.Text.Encoding.UTF8.GetBytes(password)), Convert.FromHexString(challenge), made);
#pragma warning restore CA5351

        Assert.Equal(response, Convert.ToHexStringLower(made));
    }
}
