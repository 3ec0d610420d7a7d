using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class ServerHandshakeTests
{
    private const string RealServer = "AutobahnPython/22.7.1";

    [Fact]
    public void Every_captured_request_is_answered_with_the_captured_bytes()
    {
        int accepted = 0;
        foreach (CapturedStream request in Captures.Streams.Where(stream => stream.FromWorker))
        {
            CapturedStream answer = Captures.Streams.Single(
                s => s.Name == request.Name.Replace("w2m", "m2w", StringComparison.Ordinal));
            DecodeStatus status = ServerHandshake.TryRead(request.Bytes, RealServer, out int consumed, out ServerHandshakeResult? result);

            Assert.Equal(DecodeStatus.Success, status);
            Assert.Equal(request.HeadLength, consumed);
            var accept = Assert.IsType<ServerHandshakeResult.Accept>(result);
            Assert.Equal("farmer", accept.User);
            ReadOnlyMemory<byte> expected = answer.Bytes.AsMemory(0, answer.HeadLength);
            ReadOnlyMemory<byte> mine = accept.Password == "throwaway-pw" ? accept.Response : ServerHandshake.Unauthorized;
            Assert.Equal(Encoding.Latin1.GetString(expected.Span), Encoding.Latin1.GetString(mine.Span));
            accepted++;
        }

        Assert.True(accepted > 30);
    }

    [Fact]
    public void A_wish_to_renew_is_one_more_header_that_the_client_understands()
    {
        const string key = "dGhlIHNhbXBsZSBub25jZQ==";
        byte[] request = ClientHandshake.CreateRequest("farm:1", "/", "x", "w", "", key);
        ServerHandshake.TryRead(request, "x", out _, out ServerHandshakeResult? result);
        var accept = Assert.IsType<ServerHandshakeResult.Accept>(result);

        ClientHandshake.TryRead(accept.Response.Span, key, out _, out ClientHandshakeResult? plain);
        ReadOnlyMemory<byte> asking = ServerHandshake.AskForRenewal(accept.Response);
        ClientHandshake.TryRead(asking.Span, key, out int consumed, out ClientHandshakeResult? asked);

        Assert.Equal((new ClientHandshakeResult.Accepted(false), new ClientHandshakeResult.Accepted(true)), (plain, asked));
        Assert.Equal(asking.Length, consumed);
    }

    [Fact]
    public void A_request_cut_at_any_byte_asks_for_more()
    {
        byte[] request = Captures.Streams.First(stream => stream.FromWorker).Bytes;
        int length = request.AsSpan().IndexOf("\r\n\r\n"u8) + 4;

        for (int cut = 0; cut < length; cut++)
        {
            DecodeStatus status = ServerHandshake.TryRead(request.AsSpan(0, cut), "x", out int consumed, out ServerHandshakeResult? result);
            Assert.Equal(DecodeStatus.NeedMore, status);
            Assert.Equal(0, consumed);
            Assert.Null(result);
        }
    }

    [Theory]
    [InlineData("Basic ZmFybWVyOnB3", "basic ZmFybWVyOnB3", "HTTP/1.1 400 Bad request\r\n\r\n")]
    [InlineData("Basic ZmFybWVyOnB3", "Basic ***", "HTTP/1.1 400 Bad request\r\n\r\n")]
    [InlineData("Basic ZmFybWVyOnB3", "Basic ZmFybWVy", "HTTP/1.1 400 Bad request\r\n\r\n")]
    [InlineData("Basic ZmFybWVyOnB3", "Basic", "HTTP/1.1 400 Bad request\r\n\r\n")]
    [InlineData("Version: 13", "Version: 7", "HTTP/1.1 400 WebSocket version 7 not supported (supported versions: 13,8)\r\nSec-WebSocket-Version: 13,8\r\n\r\n")]
    [InlineData("GET ", "POST ", "HTTP/1.1 405 HTTP method not allowed\r\n\r\n")]
    public void What_is_wrong_is_answered_as_real_masters_answer(string good, string bad, string answer)
    {
        byte[] request = Encoding.Latin1.GetBytes(Request.Replace(good, bad, StringComparison.Ordinal));

        Assert.Equal(DecodeStatus.Success, ServerHandshake.TryRead(request, "x", out _, out ServerHandshakeResult? result));

        ServerHandshakeResult.Reject reject = Assert.IsType<ServerHandshakeResult.Reject>(result);
        Assert.Equal(answer, Encoding.Latin1.GetString(reject.Response.Span));
    }

    [Fact]
    public void Version_8_and_any_path_are_accepted()
    {
        byte[] request = Encoding.Latin1.GetBytes(Request
            .Replace("Version: 13", "Version: 8", StringComparison.Ordinal)
            .Replace("GET / ", "GET /some/path?x=1 ", StringComparison.Ordinal));

        ServerHandshake.TryRead(request, "x", out _, out ServerHandshakeResult? result);

        Assert.Equal("pw", Assert.IsType<ServerHandshakeResult.Accept>(result).Password);
    }

    [Fact]
    public void A_request_without_login_is_left_to_the_revisions_that_are_spoken()
    {
        byte[] request = Encoding.Latin1.GetBytes(Request.Replace("Authorization: Basic ZmFybWVyOnB3\r\n", "", StringComparison.Ordinal));

        Assert.Equal(DecodeStatus.Success, ServerHandshake.TryRead(request, "x", out _, out ServerHandshakeResult? result));

        string answer = Encoding.Latin1.GetString(Assert.IsType<ServerHandshakeResult.WithoutLogin>(result).Response.Span);
        Assert.StartsWith("HTTP/1.1 101 Switching Protocols\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_without_upgrade_gets_a_page()
    {
        ServerHandshake.TryRead("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8, "x", out _, out ServerHandshakeResult? result);

        string answer = Encoding.Latin1.GetString(Assert.IsType<ServerHandshakeResult.Reject>(result).Response.Span);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("CWE", "770")]
    [InlineData(16 * 1024, "")]
    [InlineData(16 * 1024 + 1, "\r\n\r\n")]
    public void A_request_beyond_16_KiB_is_refused(int length, string end)
    {
        byte[] request = Encoding.Latin1.GetBytes("GET / HTTP/1.1\r\nX: " + new string('x', length) + end);

        Assert.Equal(DecodeStatus.TooLarge, ServerHandshake.TryRead(request, "x", out _, out ServerHandshakeResult? result));
        Assert.IsType<ServerHandshakeResult.Reject>(result);
    }

    [Fact]
    [Trait("CWE", "770")]
    public void More_than_a_hundred_headers_or_a_line_beyond_8_KiB_are_refused()
    {
        string headers = string.Concat(Enumerable.Range(0, 101).Select(i => $"H{i}: x\r\n"));

        Assert.Equal(DecodeStatus.TooLarge, Read($"GET / HTTP/1.1\r\n{headers}\r\n"));
        Assert.Equal(DecodeStatus.TooLarge, Read($"GET / HTTP/1.1\r\nX: {new string('x', 9000)}\r\n\r\n"));
        Assert.Equal(DecodeStatus.Malformed, Read("GET / HTTP/1.1\r\nno colon\r\n\r\n"));
    }

    [Fact]
    public void Arbitrary_bytes_never_throw() => Prop.ForAll<byte[]>(bytes =>
        Enum.IsDefined(ServerHandshake.TryRead([.. "GET / HTTP/1.1\r\n"u8, .. bytes, .. "\r\n\r\n"u8], "x", out _, out _))
        && Enum.IsDefined(ClientHandshake.TryRead([.. "HTTP/1.1 101 x\r\n"u8, .. bytes, .. "\r\n\r\n"u8], "k", out _, out _)))
        .QuickCheckThrowOnFailure();

    private const string Request =
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nAuthorization: Basic ZmFybWVyOnB3\r\n" +
        "Sec-WebSocket-Key: 7QwW8owJgOY6edsoJ6R4/A==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    private static DecodeStatus Read(string request) =>
        ServerHandshake.TryRead(Encoding.Latin1.GetBytes(request), "x", out _, out _);
}
