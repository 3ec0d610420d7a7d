using System.Buffers;
using System.Text;
using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <summary>The requests of a bot in one dialect.</summary>
internal sealed class BotTalk(BranchWire wire, BranchDialect dialect, BotLimits limits)
{
    private const int MaxShown = 200;

    public BranchDialect Dialect => dialect;

    /// <exception cref="IOException">The connection is over.</exception>
    public Task<BotAnswer> AskAsync(BranchRequest request, CancellationToken cancellationToken) => AskAsync(request, limits.AnswerPatience, cancellationToken);

    /// <inheritdoc cref="AskAsync(BranchRequest, CancellationToken)"/>
    public async Task<BotAnswer> AskAsync(BranchRequest request, TimeSpan patience, CancellationToken cancellationToken) =>
        Read(await wire.AskAsync(FrameOf(request), patience, cancellationToken), request.Command);

    /// <summary>Says that the bot lives. The young master answers nothing.</summary>
    public async Task PongAsync(CancellationToken cancellationToken)
    {
        var pong = new BranchRequest.Pong();
        if (dialect == BranchDialect.V1) await AskAsync(pong, cancellationToken);
        else await wire.TellAsync(FrameOf(pong), cancellationToken);
    }

    /// <summary>Answers an order that this bot does not know, as the originals do.</summary>
    public async Task RefuseOrderAsync(CancellationToken cancellationToken)
    {
        var frame = new ArrayBufferWriter<byte>();
        if (dialect == BranchDialect.V1)
        {
            BranchFraming.Write(frame, "ERR_CMD_UNHANDLED"u8);
            await wire.AskAsync(frame.WrittenMemory, limits.AnswerPatience, cancellationToken);
            return;
        }
        BranchV2.WriteUnknownOrder(frame);
        await wire.TellAsync(frame.WrittenMemory, cancellationToken);
    }

    /// <summary>Announces a package and sends it.</summary>
    public async Task<BotAnswer> UploadAsync(Stream package, CancellationToken cancellationToken)
    {
        var announced = await AskAsync(new BranchRequest.TransferPackage(package.Length), cancellationToken);
        return announced.IsDone ? Read(await wire.UploadAsync(package, cancellationToken), BranchCommand.TransferPackage) : announced;
    }

    /// <summary>Writes a managed extra source to a stream.</summary>
    public Task FetchAsync(string id, long bytes, Stream target, CancellationToken cancellationToken) =>
        wire.FetchAsync(FrameOf(new BranchRequest.FetchExtraSource(id)), bytes, target, cancellationToken);

    public static ReadOnlyMemory<byte> FrameOf(BranchDialect dialect, BranchRequest request)
    {
        var frame = new ArrayBufferWriter<byte>();
        if (dialect == BranchDialect.V1) BranchV1.WriteRequest(request, frame);
        else BranchV2.WriteRequest(request, frame);
        return frame.WrittenMemory;
    }

    private ReadOnlyMemory<byte> FrameOf(BranchRequest request) => FrameOf(dialect, request);

    private BotAnswer Read(byte[] body, BranchCommand command)
    {
        if (dialect == BranchDialect.V1)
        {
            bool known = BranchV1.TryReadAnswer(body, command, out var literal);
            return new BotAnswer(known && (literal is not BranchAnswer.Reply reply || IsDone(reply.Code)), Shown(Encoding.UTF8.GetString(body)), literal);
        }
        if (!BranchV2.TryReadStatus(body, out long status, out string text)) throw new IOException("the master's answer makes no sense");
        _ = BranchV2.TryReadAnswer(body, command, out var data);
        return new BotAnswer(status == 200, Shown(text), data);
    }

    /// <summary>Literals of V1 that say yes.</summary>
    private static bool IsDone(BranchReply reply) => reply is BranchReply.KeyAccepted or BranchReply.KeyNotAsked or BranchReply.TypeAccepted or BranchReply.NameAccepted
        or BranchReply.MachineAccepted or BranchReply.ReadyAccepted or BranchReply.PongAccepted or BranchReply.StatusAccepted or BranchReply.LogAccepted
        or BranchReply.PackageTransferReady or BranchReply.TransferDone or BranchReply.EventAccepted;

    private static string Shown(string text) => string.Concat(text.Take(MaxShown).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
