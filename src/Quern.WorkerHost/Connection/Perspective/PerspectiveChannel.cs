using System.Collections.Immutable;
using System.Diagnostics;
using Quern.Execution;
using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>
/// A command's way to a master that speaks Perspective Broker: calls on the references the master sent with it. One entry an update, as
/// workers since 3.6 send them. buildbot-pb.md sections 8.5 and 8.6.
/// </summary>
internal sealed class PerspectiveChannel(PerspectiveConnection connection, StepReferences references) : ICommandChannel
{
    private volatile bool _isOver;

    /// <summary>Whether the last word is on its way: the master may send the builder's next command as soon as it has it.</summary>
    public bool IsOver => _isOver;

    public async ValueTask UpdateAsync(ImmutableArray<UpdateEntry> entries)
    {
        // All of them are awaited whatever happens: the entries' memory is lent until the last one is answered.
        var answers = new Task[entries.Length];
        for (int i = 0; i < answers.Length; i++) answers[i] = CallAsync(references.Step, PerspectiveNames.Update, UpdateJelly.Of(entries[i]));
        await Task.WhenAll(answers);
    }

    public async ValueTask CompleteAsync(CommandFailure? failure)
    {
        _isOver = true;
        await CallAsync(
            references.Step, PerspectiveNames.Complete,
            failure is null ? JellyValue.None.Value : new JellyValue.Failure(PythonFailures.Copy(failure)));
    }

    public async ValueTask WriteBlockAsync(TransferKind kind, ReadOnlyMemory<byte> block) =>
        await CallAsync(references.Writer, PerspectiveNames.Write, new JellyValue.Bytes(block));

    public async ValueTask CloseWriteAsync(TransferKind kind) =>
        await CallAsync(references.Writer, kind == TransferKind.File ? PerspectiveNames.Close : PerspectiveNames.Unpack);

    public async ValueTask SetTimesAsync(double accessTime, double modifiedTime) => await CallAsync(
        references.Writer, PerspectiveNames.Utime,
        new JellyValue.Tuple([new JellyValue.Float(accessTime), new JellyValue.Float(modifiedTime)]));

    public async ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(long length) =>
        await CallAsync(references.Reader, PerspectiveNames.Read, new JellyValue.Integer(length)) switch
        {
            JellyValue.Bytes bytes => bytes.Value,
            JellyValue.Text text => text.Utf8,   // what a master keeps as text, and an empty one at its end
            _ => default,
        };

    public async ValueTask CloseReadAsync() => await CallAsync(references.Reader, PerspectiveNames.Close);

    /// <summary>The call is on its way, in order, when this returns.</summary>
    private async Task<JellyValue> CallAsync(RemoteReference target, string method, params ImmutableArray<JellyValue> arguments)
    {
        try
        {
            return Expect(await connection.CallAsync(target, method, arguments));
        }
        catch (ArgumentException e)
        {
            throw new MasterRefusedException($"{method} cannot be sent: {e.Message}", e);
        }
    }

    private static JellyValue Expect(CallResult result) => result switch
    {
        CallResult.Answered answered => answered.Value,
        CallResult.Failed failed => throw new MasterRefusedException(failed.Failure.Message) { PythonType = failed.Failure.Type },
        CallResult.Lost lost => throw new IOException(lost.Reason),
        _ => throw new UnreachableException(),
    };
}
