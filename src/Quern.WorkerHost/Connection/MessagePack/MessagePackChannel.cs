using System.Collections.Immutable;
using Quern.Execution;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>A command's way to a master that speaks MessagePack.</summary>
internal sealed class MessagePackChannel(MessagePackConnection connection, string commandId) : ICommandChannel
{
    public async ValueTask UpdateAsync(ImmutableArray<UpdateEntry> entries) =>
        await connection.RequestAsync(n => new BuildbotMessage.Update(n, commandId, entries));

    public async ValueTask CompleteAsync(CommandFailure? failure) =>
        await connection.RequestAsync(n => new BuildbotMessage.Complete(n, commandId, failure?.Text));

    public async ValueTask WriteBlockAsync(TransferKind kind, ReadOnlyMemory<byte> block) =>
        await connection.RequestAsync(n => kind == TransferKind.File
            ? new BuildbotMessage.UploadFileWrite(n, commandId, block)
            : new BuildbotMessage.UploadDirectoryWrite(n, commandId, block));

    public async ValueTask CloseWriteAsync(TransferKind kind) =>
        await connection.RequestAsync(n => kind == TransferKind.File
            ? new BuildbotMessage.UploadFileClose(n, commandId)
            : new BuildbotMessage.UploadDirectoryUnpack(n, commandId));

    public async ValueTask SetTimesAsync(double accessTime, double modifiedTime) =>
        await connection.RequestAsync(n => new BuildbotMessage.UploadFileUtime(n, commandId, accessTime, modifiedTime));

    /// <summary>Stock masters of every version answer nil, a bug of theirs: the file is then empty, as with a stock worker.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(long length) =>
        await connection.RequestAsync(n => new BuildbotMessage.ReadFile(n, commandId, length)) is WireValue.Binary block ? block.Value : default;

    public async ValueTask CloseReadAsync() =>
        await connection.RequestAsync(n => new BuildbotMessage.ReadFileClose(n, commandId));
}
