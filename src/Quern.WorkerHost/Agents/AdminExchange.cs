using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Protocols;
using Quern.Protocols.Admin;

namespace Quern.WorkerHost;

/// <summary>
/// Asks for a certificate over the administration protocol: one session, one question, and an answer to the farm's own one, what machine
/// this is. Apart from everything else, so that a worker that is no agent never loads what reads this protocol.
/// </summary>
internal static class AdminExchange
{
    private const int FirstBuffer = 4096;

    /// <summary>A certificate for a machine that has none, against an enrolment key.</summary>
    /// <param name="stream">Within TLS, with the farm at its other end.</param>
    /// <param name="instance">What the machine calls itself; nothing follows from it.</param>
    public static Task<CertificateAnswer> EnrolAsync(Stream stream, string instance, string key, byte[] request, CancellationToken cancellationToken) =>
        AskAsync(stream, instance, new RQ_AuthSession { EnrolmentToken = key, Csr = ByteString.CopyFrom(request) }, cancellationToken);

    /// <summary>The next certificate for an agent whose present one was shown within TLS.</summary>
    public static Task<CertificateAnswer> RenewAsync(Stream stream, string instance, byte[] request, CancellationToken cancellationToken) =>
        AskAsync(stream, instance, new RQ_AuthSession { Csr = ByteString.CopyFrom(request) }, cancellationToken);

    private static async Task<CertificateAnswer> AskAsync(Stream stream, string instance, RQ_AuthSession question, CancellationToken cancellationToken)
    {
        var reader = new FrameReader(stream);
        int id = NewId();
        var session = new RQ_Session { InstanceUuid = instance, InstanceType = InstanceType.InstanceAgent, Product = $"quern-worker {WorkerFacts.Version}" };
        session.Capability.AddRange(["quern.v1", "tail.v1", "results.v1"]);
        await SendAsync(stream, AdminMessage.Of(session, id), cancellationToken);
        if ((await reader.AnswerAsync(id, cancellationToken)).Body is not AdminBody.Message { Value: RS_Session opened })
            throw new IOException("the farm did not open a session; is this its listener for administration?");

        id = NewId();
        await SendAsync(stream, AdminMessage.Of(question, id, to: opened.ServerSid, from: opened.InstanceSid), cancellationToken);
        if ((await reader.AnswerAsync(id, cancellationToken)) is not { Type.Name: nameof(RS_AuthSession), Body: AdminBody.Result result })
            throw new IOException("the farm answered the request for a certificate with something else");
        return (RS_AuthSession)result.Code switch
        {
            RS_AuthSession.AuthSessionOk when result.Tail?.Certificate is { } grant => new CertificateAnswer.Granted(
                grant.Certificate.Memory, [.. grant.Chain.Select(c => c.Memory)]),
            RS_AuthSession.AuthSessionOk => throw new IOException("the farm agreed and gave no certificate"),
            RS_AuthSession.AuthSessionPending => new CertificateAnswer.Pending(),
            RS_AuthSession.AuthSessionRateLimited => new CertificateAnswer.Later(
                result.Tail?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null),
            _ => new CertificateAnswer.Refused(result.Tail?.Detail ?? ""),
        };
    }

    private static RS_AgentMetadata Machine() => new()
    {
        Hostname = Environment.MachineName,
        InstallDirectory = Path.GetDirectoryName(Environment.ProcessPath) ?? "",
        Os = OsType.OsLinux,
        Arch = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X86 => ArchType.ArchX86,
            Architecture.X64 => ArchType.ArchX8664,
            Architecture.Arm => ArchType.ArchArm,
            Architecture.Arm64 => ArchType.ArchAarch64,
            Architecture.S390x => ArchType.ArchS390X,
            Architecture.RiscV64 => ArchType.ArchRiscv64,
            _ => ArchType.ArchUnknown,
        },
        AgentVersion = WorkerFacts.Version,
    };

    private static int NewId() => RandomNumberGenerator.GetInt32(1, int.MaxValue);

    private static async Task SendAsync(Stream stream, AdminMessage message, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(FirstBuffer);
        new AdminCodec().Encode(message, buffer);
        await stream.WriteAsync(buffer.WrittenMemory, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    private sealed class FrameReader(Stream stream)
    {
        private readonly AdminCodec _codec = new(AdminLimits.MaxLoginFrame);
        private byte[] _buffer = new byte[FirstBuffer];
        private int _length;

        /// <summary>What has this id. A question what machine this is gets its answer; whatever else comes is passed over.</summary>
        /// <exception cref="IOException">The farm went away, or sent what is no frame.</exception>
        public async Task<AdminMessage> AnswerAsync(int id, CancellationToken cancellationToken)
        {
            while (true)
            {
                if (Take() is { } message)
                {
                    if (message.Type?.Name == nameof(RQ_AgentMetadata))
                        await SendAsync(stream, AdminMessage.Of(Machine(), message.Id, message.Set, message.From, message.To), cancellationToken);
                    else if (message.Id == id)
                        return message;
                    continue;
                }
                if (_length == _buffer.Length) Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, AdminLimits.MaxLoginFrame + 8));
                int read = await stream.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
                if (read == 0) throw new IOException("the farm closed the connection without an answer");
                _length += read;
            }
        }

        private AdminMessage? Take()
        {
            var input = new ReadOnlySequence<byte>(_buffer, 0, _length);
            var status = _codec.TryDecode(ref input, out var message);
            if (status == DecodeStatus.NeedMore) return null;
            if (status != DecodeStatus.Success || message is null) throw new IOException("the farm sent something that is no frame of the administration protocol");
            int rest = (int)input.Length;
            Buffer.BlockCopy(_buffer, _length - rest, _buffer, 0, rest);
            _length = rest;
            return message;
        }
    }
}
