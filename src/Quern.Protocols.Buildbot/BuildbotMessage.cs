using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>One message of the MessagePack conversation. buildbot-msgpack.md sections 4 and 5.</summary>
/// <param name="SequenceNumber">Unique among the sender's requests of one connection; a response copies it.</param>
public abstract record BuildbotMessage(long SequenceNumber)
{
    // Master to worker.

    public sealed record Print(long SequenceNumber, string Message) : BuildbotMessage(SequenceNumber);

    public sealed record Keepalive(long SequenceNumber) : BuildbotMessage(SequenceNumber);

    public sealed record GetWorkerInfo(long SequenceNumber) : BuildbotMessage(SequenceNumber);

    /// <param name="SequenceNumber">The sender's number of the request.</param>
    /// <param name="Builders">All that there are from now on. Revision v1 alone.</param>
    public sealed record SetBuilderList(long SequenceNumber, ImmutableArray<BuilderPlace> Builders) : BuildbotMessage(SequenceNumber);

    /// <summary>Revision v7 alone.</summary>
    public sealed record SetWorkerSettings(long SequenceNumber, WorkerSettings Settings) : BuildbotMessage(SequenceNumber);

    /// <param name="SequenceNumber">The sender's number of the request.</param>
    /// <param name="CommandId">Chosen by the master; names the command until <c>complete</c>.</param>
    /// <param name="CommandName">For instance <c>shell</c>.</param>
    /// <param name="Arguments">See buildbot-commands.md.</param>
    /// <param name="BuilderName">In v7 sent for build commands, looked at by nobody; null when absent. In v1 where the command runs.</param>
    public sealed record StartCommand(
        long SequenceNumber, string CommandId, string CommandName, WireValue.Map Arguments, string? BuilderName)
        : BuildbotMessage(SequenceNumber);

    public sealed record InterruptCommand(long SequenceNumber, string CommandId, string Why, string? BuilderName)
        : BuildbotMessage(SequenceNumber);

    public sealed record Shutdown(long SequenceNumber) : BuildbotMessage(SequenceNumber);

    // Worker to master.

    /// <summary>The first message of revision v1.</summary>
    /// <param name="SequenceNumber">The sender's number of the request.</param>
    /// <param name="UserName">The worker's name, as it says.</param>
    /// <param name="Password">In clear.</param>
    public sealed record Auth(long SequenceNumber, string UserName, string Password) : BuildbotMessage(SequenceNumber)
    {
        /// <summary>Without the password: messages end up in logs.</summary>
        public override string ToString() => $"Auth {{ SequenceNumber = {SequenceNumber}, UserName = {UserName} }}";
    }

    public sealed record Update(long SequenceNumber, string CommandId, ImmutableArray<UpdateEntry> Entries)
        : BuildbotMessage(SequenceNumber);

    /// <param name="SequenceNumber">The sender's number of the request.</param>
    /// <param name="CommandId">Which command ended.</param>
    /// <param name="Failure">Null or empty for an ordinary end, else the worker's exception as text.</param>
    public sealed record Complete(long SequenceNumber, string CommandId, string? Failure) : BuildbotMessage(SequenceNumber);

    /// <param name="SequenceNumber">The sender's number of the request.</param>
    /// <param name="CommandId">Whose upload.</param>
    /// <param name="Block">After decoding a slice of the decoder's input, which dies with it.</param>
    public sealed record UploadFileWrite(long SequenceNumber, string CommandId, ReadOnlyMemory<byte> Block)
        : BuildbotMessage(SequenceNumber);

    public sealed record UploadFileClose(long SequenceNumber, string CommandId) : BuildbotMessage(SequenceNumber);

    public sealed record UploadFileUtime(long SequenceNumber, string CommandId, double AccessTime, double ModifiedTime)
        : BuildbotMessage(SequenceNumber);

    public sealed record UploadDirectoryWrite(long SequenceNumber, string CommandId, ReadOnlyMemory<byte> Block)
        : BuildbotMessage(SequenceNumber);

    public sealed record UploadDirectoryUnpack(long SequenceNumber, string CommandId) : BuildbotMessage(SequenceNumber);

    public sealed record ReadFile(long SequenceNumber, string CommandId, long Length) : BuildbotMessage(SequenceNumber);

    public sealed record ReadFileClose(long SequenceNumber, string CommandId) : BuildbotMessage(SequenceNumber);

    // Both ways.

    /// <param name="SequenceNumber">The request's number.</param>
    /// <param name="Result">What the operation answers; text of the exception when <paramref name="IsException"/>.</param>
    /// <param name="IsException">Whether the key <c>is_exception</c> is present.</param>
    public sealed record Response(long SequenceNumber, WireValue Result, bool IsException) : BuildbotMessage(SequenceNumber);

    /// <summary>A request whose <c>op</c> this version does not know, or whose keys are wrong; answered with <paramref name="Error"/>.</summary>
    public sealed record Unanswerable(long SequenceNumber, string Operation, string Error) : BuildbotMessage(SequenceNumber);

    /// <summary>A map without <c>op</c> or <c>seq_number</c>: not answered, as real peers do. Never encoded.</summary>
    /// <param name="Problem">For the log.</param>
    public sealed record Ignored(string Problem) : BuildbotMessage(-1);
}
