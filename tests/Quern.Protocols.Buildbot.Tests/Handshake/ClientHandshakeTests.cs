using System.Text;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class ClientHandshakeTests
{
    [Fact]
    public void The_request_is_the_one_of_a_real_worker_byte_for_byte()
    {
        CapturedStream captured = Captures.Streams.First(stream => stream.FromWorker);
        string head = Encoding.Latin1.GetString(captured.Bytes, 0, captured.HeadLength);
        string key = Header(head, "Sec-WebSocket-Key");

        byte[] request = ClientHandshake.CreateRequest(
            Header(head, "Host"), "/", "AutobahnPython/22.7.1", "farmer", "wrong-password", key);

        Assert.Equal(head, Encoding.Latin1.GetString(request));
    }

    [Fact]
    public void Captured_answers_are_understood_at_every_split()
    {
        int accepted = 0, refused = 0;
        foreach (CapturedStream answer in Captures.Streams.Where(stream => !stream.FromWorker))
        {
            CapturedStream request = Captures.Streams.Single(
                s => s.Name == answer.Name.Replace("m2w", "w2m", StringComparison.Ordinal));
            string key = Header(Encoding.Latin1.GetString(request.Bytes, 0, request.HeadLength), "Sec-WebSocket-Key");
            for (int cut = 0; cut < answer.HeadLength; cut++)
                Assert.Equal(DecodeStatus.NeedMore, ClientHandshake.TryRead(answer.Bytes.AsSpan(0, cut), key, out _, out _));

            ClientHandshake.TryRead(answer.Bytes, key, out int consumed, out ClientHandshakeResult? result);

            Assert.Equal(answer.HeadLength, consumed);
            if (result is ClientHandshakeResult.Accepted) accepted++;
            else if (result is ClientHandshakeResult.Refused { StatusCode: 401 }) refused++;
        }

        Assert.True(accepted > 30);
        Assert.True(refused > 2);
    }

    [Fact]
    public void An_accept_value_for_another_key_is_refused()
    {
        CapturedStream answer = Captures.Streams.First(s => !s.FromWorker && !s.Name.Contains("auth", StringComparison.Ordinal));

        ClientHandshake.TryRead(answer.Bytes, "AAAAAAAAAAAAAAAAAAAAAA==", out _, out ClientHandshakeResult? result);

        Assert.Equal("the master's Sec-WebSocket-Accept is wrong", Assert.IsType<ClientHandshakeResult.Refused>(result).Reason);
    }

    [Fact]
    public void A_name_with_a_colon_cannot_be_sent() =>
        Assert.Throws<ArgumentException>(() => ClientHandshake.CreateRequest("h", "/", "a", "na:me", "pw", "key"));

    private static string Header(string head, string name) =>
        head.Split("\r\n").Single(line => line.StartsWith(name + ": ", StringComparison.Ordinal))[(name.Length + 2)..];
}
