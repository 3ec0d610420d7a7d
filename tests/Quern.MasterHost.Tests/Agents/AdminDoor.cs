using System.Buffers;
using System.Net;
using System.Net.Security;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using Quern.Protocols;
using Quern.Protocols.Admin;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>As much of the administration protocol's server as agents speak with; its answers are those of the real desk.</summary>
internal sealed class AdminDoor(IAgentDesk desk)
{
    private int _lost;
    private int _sessions;

    /// <summary>Sessions that were opened.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>So many answers get lost: the farm has done what it was asked, and the connection breaks.</summary>
    public int LoseAnswers { set => Volatile.Write(ref _lost, value); }

    /// <summary>Answers in the place of the desk's; null for those.</summary>
    public Func<byte[]>? Instead { get; set; }

    public async Task ServeAsync(SslStream stream, string remote, CancellationToken cancellationToken)
    {
        var from = IPEndPoint.Parse(remote).Address;
        var session = await ReadAsync(stream, opening: true, cancellationToken);
        Assert.Equal(InstanceType.InstanceAgent, Assert.IsType<RQ_Session>(Assert.IsType<AdminBody.Message>(session.Body).Value).InstanceType);
        Interlocked.Increment(ref _sessions);
        await WriteAsync(stream, AdminMessage.Of(new RS_Session { InstanceSid = 7, ServerSid = 9 }, session.Id), cancellationToken);

        var asked = await ReadAsync(stream, opening: false, cancellationToken);
        var question = Assert.IsType<RQ_AuthSession>(Assert.IsType<AdminBody.Message>(asked.Body).Value);
        var known = stream.RemoteCertificate is { } shown ? desk.Recognize(shown.GetRawCertData()) : null;
        var welcome = known is not null
            ? await desk.RenewAsync(known, question.Csr.Memory, from, cancellationToken)
            : await desk.EnrolAsync(question.EnrolmentToken, question.Csr.Memory, "", from, cancellationToken);
        if (Interlocked.Decrement(ref _lost) >= 0) return;
        if (Instead is not null)
        {
            await stream.WriteAsync(Instead(), cancellationToken);
            return;
        }
        var (code, tail) = welcome switch
        {
            AgentWelcome.Granted granted => (RS_AuthSession.AuthSessionOk, new ResultTail { Certificate = GrantOf(granted) }),
            AgentWelcome.Pending => (RS_AuthSession.AuthSessionPending, null),
            AgentWelcome.TooMany many => (RS_AuthSession.AuthSessionRateLimited, new ResultTail { RetryAfterSeconds = (uint)many.RetryAfter.TotalSeconds }),
            _ => (RS_AuthSession.AuthSessionFailed, null),
        };
        await WriteAsync(stream, AdminMessage.Of(asked.Type!.Answer!, (int)code, asked.Id, tail: tail), cancellationToken);
    }

    private static CertificateGrant GrantOf(AgentWelcome.Granted granted)
    {
        var grant = new CertificateGrant { Certificate = ByteString.CopyFrom(granted.Certificate.Span), NotAfter = granted.NotAfter.ToUnixTimeMilliseconds() };
        grant.Chain.AddRange(granted.Chain.Select(c => ByteString.CopyFrom(c.Span)));
        return grant;
    }

    private static async Task<AdminMessage> ReadAsync(Stream stream, bool opening, CancellationToken cancellationToken)
    {
        var codec = new AdminCodec(AdminLimits.MaxLoginFrame, opening);
        byte[] buffer = new byte[AdminLimits.MaxLoginFrame + 8];
        int length = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) throw new IOException("the agent left");
            length += read;
            var input = new ReadOnlySequence<byte>(buffer, 0, length);
            if (codec.TryDecode(ref input, out var message) == DecodeStatus.Success) return message!;
        }
    }

    private static async Task WriteAsync(Stream stream, AdminMessage message, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new AdminCodec().Encode(message, buffer);
        await stream.WriteAsync(buffer.WrittenMemory, cancellationToken);
    }
}
