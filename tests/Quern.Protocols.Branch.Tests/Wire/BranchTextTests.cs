using System.Text;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Wire;

public sealed class BranchTextTests
{
    [Fact]
    public void Every_reply_has_a_text_and_belongs_to_a_command()
    {
        var used = BranchCommands.All.SelectMany(r => r.Replies).ToHashSet();
        foreach (var reply in Enum.GetValues<BranchReply>())
        {
            var text = BranchTexts.Of(reply);
            Assert.True(text.V1 is not null || text.V2 is not null, reply.ToString());
            if (text.V2 is not null) Assert.Contains(text.Status, (int[])[200, 400, 500]);
            if (reply is not (BranchReply.UnknownCommand or BranchReply.HandlerFailed or BranchReply.NotAllowed)) Assert.Contains(reply, used);
        }
    }

    [Theory]
    [InlineData("zlib", """["zlib"]""")]
    [InlineData("a\"b\\c", """["a\"b\\c"]""")]
    [InlineData("tab\tline\nend\r\b\f", """["tab\tline\nend\r\b\f"]""")]
    [InlineData("é€😀", """["\u00e9\u20ac\ud83d\ude00"]""")]
    [InlineData("\u0000\u001b\u007f", """["\u0000\u001b\u007f"]""")]
    public void Texts_are_escaped_as_Python_does(string text, string json) =>
        Assert.Equal($"{Encoding.UTF8.GetByteCount(json)} {json}", Codec.Text(Codec.Frame(BranchDialect.V1, new BranchAnswer.Texts([text]))));

    [Theory]
    [InlineData("""{"command": "GETSYSLOG", "payload": ""}""")]
    [InlineData("""{"command": "GETSYSLOG", "payload": null}""")]
    [InlineData("""{"command":"GETSYSLOG"}""")]
    [InlineData("{\r\n\t\"payload\": [],\n \"more\": {}, \"command\": \"GETSYSLOG\" }")]
    public void No_payload_is_the_same_in_every_form(string body) =>
        Assert.IsType<BranchRequest.SystemLog>(Codec.Request(BranchDialect.V2, Encoding.UTF8.GetBytes(body), BranchRole.Controller));

    [Theory]
    [InlineData("[]")]
    [InlineData("\"AUTH\"")]
    [InlineData("""{"payload": ""}""")]
    [InlineData("""{"command": 5, "payload": ""}""")]
    [InlineData("""{"command": "\ud800", "payload": ""}""")]
    [InlineData("""{"command": "GETSYSLOG"} x""")]
    public void What_is_no_envelope_is_no_request(string body) =>
        Assert.Null(Codec.Request(BranchDialect.V2, Encoding.UTF8.GetBytes(body), BranchRole.Controller));

    [Fact]
    public void Text_that_is_no_utf8_is_no_request()
    {
        Assert.Null(Codec.Request(BranchDialect.V1, [.. "CHECKOUT_PACKAGE "u8, 0xff], BranchRole.Controller));
        Assert.Null(Codec.Request(BranchDialect.V2, [.. "{\"command\": \"CHECKOUT\", \"payload\": \""u8, 0xff, .. "\"}"u8], BranchRole.Controller));
    }

    [Fact]
    public void Value_of_V1_is_everything_after_the_first_blank()
    {
        var request = Codec.Request(BranchDialect.V1, "RELEASE_BUILD  zlib "u8.ToArray(), BranchRole.Controller);

        Assert.Equal(new BranchRequest.Build(" zlib ", BranchBuildType.Release), request);
    }

    [Theory]
    [InlineData("zlib", 1L, """{"jobid": "zlib", "offset": 1}""")]
    [InlineData("zlib", 7L, """{"jobid": "zlib", "offset": "7"}""")]
    [InlineData("zlib", -1L, """{"jobid": "zlib", "offset": -4}""")]
    [InlineData("zlib", -1L, """{"jobid": "zlib", "offset": 1.5}""")]
    [InlineData("zlib", null, "\"zlib\"")]
    [InlineData("", null, "null")]
    public void Job_log_is_asked_for_in_the_forms_of_both_versions(string job, long? offset, string payload)
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"command": "VIEWJOBLOG", "payload": {{payload}}}""");

        var request = Assert.IsType<BranchRequest.JobLog>(Codec.Request(BranchDialect.V2, body, BranchRole.Controller));

        Assert.Equal(job, request.Job);
        Assert.Equal(offset, request.Offset is < 0 ? -1 : request.Offset);
    }

    [Fact]
    public void A_pong_has_no_answer_in_V2()
    {
        Assert.Equal("7 CMD_ACK", Codec.Text(Codec.Frame(BranchDialect.V1, new BranchAnswer.Reply(BranchReply.PongAccepted))));
        Assert.Null(Codec.Frame(BranchDialect.V2, new BranchAnswer.Reply(BranchReply.PongAccepted)));
    }

    [Fact]
    public void Commands_of_another_role_are_unknown()
    {
        foreach (var dialect in Enum.GetValues<BranchDialect>())
        {
            byte[] checkout = dialect == BranchDialect.V1 ? "CHECKOUT_PACKAGE zlib"u8.ToArray() : """{"command": "CHECKOUT", "payload": "zlib"}"""u8.ToArray();
            Assert.IsType<BranchRequest.Checkout>(Codec.Request(dialect, checkout, BranchRole.Controller));
            Assert.IsType<BranchRequest.Unknown>(Codec.Request(dialect, checkout, BranchRole.Bot));
            Assert.IsType<BranchRequest.Unknown>(Codec.Request(dialect, checkout, BranchRole.Stranger));
        }
    }
}
