using System.Buffers;
using System.Text;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Wire;

/// <summary>What only the bot's end of the conversation needs.</summary>
public sealed class BotEndTests
{
    [Theory]
    [InlineData(BranchDialect.V1, "BUILD_PKG", "no JSON")]
    [InlineData(BranchDialect.V1, "BUILD_PKG {", "no JSON")]
    [InlineData(BranchDialect.V1, "BUILD_PKG_CROSS {}", "name: it is missing")]
    [InlineData(BranchDialect.V2, """{"command": "BUILD"}""", "'buildtype'")]
    [InlineData(BranchDialect.V2, """{"command": "BUILD", "payload": {"buildtype": "FAST", "pkgbuild": {}}}""", "'buildtype'")]
    [InlineData(BranchDialect.V2, """{"command": "BUILD", "payload": {"buildtype": "CROSS"}}""", "a recipe is a JSON object")]
    [InlineData(BranchDialect.V2, """{"command": "BUILD", "payload": {"buildtype": "CROSS", "pkgbuild": {"name": "a"}}}""", "version: it is missing")]
    public void An_order_that_makes_no_recipe_is_told_from_one_that_is_unknown(BranchDialect dialect, string body, string problem) =>
        Assert.Contains(problem, Assert.IsType<BranchOrder.Unusable>(Codec.Order(dialect, Encoding.UTF8.GetBytes(body))).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData(BranchDialect.V1, "BUILD_PKG_SOON {}")]
    [InlineData(BranchDialect.V1, "PING 1")]
    [InlineData(BranchDialect.V1, "build_pkg {}")]
    [InlineData(BranchDialect.V2, """{"command": "STOP", "payload": ""}""")]
    [InlineData(BranchDialect.V2, """{"payload": ""}""")]
    [InlineData(BranchDialect.V2, "PING")]
    public void Anything_else_is_no_order(BranchDialect dialect, string body) => Assert.Null(Codec.Order(dialect, Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData(BranchDialect.V1)]
    [InlineData(BranchDialect.V2)]
    public void An_order_that_cannot_be_used_cannot_be_sent(BranchDialect dialect) =>
        Assert.Throws<ArgumentException>(() => Codec.Frame(dialect, new BranchOrder.Unusable("x")));

    [Theory]
    [InlineData("""{"statuscode": 200, "payload": "whatever"}""", 200, "whatever")]
    [InlineData("""{"payload": {"a": 1}, "statuscode": 400}""", 400, "")]
    [InlineData("""{"statuscode": "500"}""", 500, "")]
    public void The_status_of_an_answer_counts_whatever_its_text(string body, long status, string text)
    {
        Assert.True(BranchV2.TryReadStatus(Encoding.UTF8.GetBytes(body), out long found, out string said));
        Assert.Equal((status, text), (found, said));
    }

    [Theory]
    [InlineData("""{"command": "PING", "payload": ""}""")]
    [InlineData("INV_CMD")]
    [InlineData("""{"statuscode": 1.5}""")]
    [InlineData("[]")]
    public void What_has_no_status_is_no_answer(string body) => Assert.False(BranchV2.TryReadStatus(Encoding.UTF8.GetBytes(body), out _, out _));

    [Fact]
    public void An_unknown_order_is_answered_with_neither_command_nor_payload()
    {
        var frame = new ArrayBufferWriter<byte>();

        BranchV2.WriteUnknownOrder(frame);

        Assert.Equal("""30 {"command": "", "payload": ""}""", Encoding.UTF8.GetString(frame.WrittenSpan));
    }

    [Fact]
    public void What_a_bot_sends_of_its_work_stands_as_in_the_specification()
    {
        Assert.Equal("""45 {"command": "FILETRANSFERMODE", "payload": 4}""", Young(new BranchRequest.TransferPackage(4)));
        Assert.Equal("""61 {"command": "SUBMITCONTENT", "payload": ["/usr/lib/libz.so"]}""", Young(new BranchRequest.SubmitContent(["/usr/lib/libz.so"])));
        Assert.Equal("20 FILE_TRANSFER_MODE 4", Old(new BranchRequest.TransferPackage(4)));
        Assert.Equal("37 SUBMIT_LOG [\"[leaf] ok\", \"make done\"]", Old(new BranchRequest.SubmitLog(["[leaf] ok", "make done"])));
        // What a script prints may hold anything; the master reads ASCII.
        Assert.Equal("""55 {"command": "APPENDLOG", "payload": ["\u00f6\u001b\""]}""", Young(new BranchRequest.AppendLog(["ö\u001b\""])));
    }

    private static string Young(BranchRequest request)
    {
        var frame = new ArrayBufferWriter<byte>();
        BranchV2.WriteRequest(request, frame);
        return Encoding.UTF8.GetString(frame.WrittenSpan);
    }

    private static string Old(BranchRequest request)
    {
        var frame = new ArrayBufferWriter<byte>();
        BranchV1.WriteRequest(request, frame);
        return Encoding.UTF8.GetString(frame.WrittenSpan);
    }
}
