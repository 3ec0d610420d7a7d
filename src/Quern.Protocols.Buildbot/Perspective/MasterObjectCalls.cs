using System.Collections.Immutable;
using Quern.Protocols.Perspective;

namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>Turns a worker's call on an object of its command into the message that MessagePack has for the same.</summary>
public static class MasterObjectCalls
{
    /// <summary>The message, or null with the failure to answer.</summary>
    /// <param name="target">What was called.</param>
    /// <param name="commandId">The command it was handed out with.</param>
    /// <param name="method">Without prefix.</param>
    /// <param name="arguments">By position; real workers name none.</param>
    /// <param name="failure">Null on success.</param>
    public static BuildbotMessage? TryRead(
        MasterObject target, string commandId, string method, ImmutableArray<JellyValue> arguments, out CopiedFailure? failure)
    {
        ArgumentNullException.ThrowIfNull(method);
        failure = null;
        string problem = "";
        BuildbotMessage? message = (target, method, arguments.Length) switch
        {
            (MasterObject.Step, PerspectiveNames.Update, 1) =>
                PerspectiveUpdates.TryRead(arguments[0], out ImmutableArray<UpdateEntry> entries, out problem)
                    ? new BuildbotMessage.Update(0, commandId, entries)
                    : null,
            (MasterObject.Step, PerspectiveNames.Complete, 0 or 1) =>
                new BuildbotMessage.Complete(0, commandId, arguments.IsEmpty ? null : FailureText(arguments[0])),
            (MasterObject.FileWriter, PerspectiveNames.Write, 1) =>
                Block(arguments[0]) is { } block ? new BuildbotMessage.UploadFileWrite(0, commandId, block) : null,
            (MasterObject.FileWriter, PerspectiveNames.Close, 0) => new BuildbotMessage.UploadFileClose(0, commandId),
            (MasterObject.FileWriter, PerspectiveNames.Utime, 1) =>
                Times(arguments[0]) is { } times ? new BuildbotMessage.UploadFileUtime(0, commandId, times.Access, times.Modified) : null,
            (MasterObject.DirectoryWriter, PerspectiveNames.Write, 1) =>
                Block(arguments[0]) is { } block ? new BuildbotMessage.UploadDirectoryWrite(0, commandId, block) : null,
            (MasterObject.DirectoryWriter, PerspectiveNames.Unpack, 0) => new BuildbotMessage.UploadDirectoryUnpack(0, commandId),
            (MasterObject.FileReader, PerspectiveNames.Read, 1) =>
                arguments[0] is JellyValue.Integer length ? new BuildbotMessage.ReadFile(0, commandId, length.Value) : null,
            (MasterObject.FileReader, PerspectiveNames.Close, 0) => new BuildbotMessage.ReadFileClose(0, commandId),
            _ => null,
        };
        if (message is not null) return message;
        failure = !Knows(target, method)
            ? CopiedFailure.NoSuchMethod(method)
            : CopiedFailure.Of("builtins.TypeError", problem.Length > 0 ? problem : $"remote_{method}() does not take these arguments");
        return null;
    }

    private static bool Knows(MasterObject target, string method) => target switch
    {
        MasterObject.Step => method is PerspectiveNames.Update or PerspectiveNames.Complete,
        MasterObject.FileWriter => method is PerspectiveNames.Write or PerspectiveNames.Close or PerspectiveNames.Utime,
        MasterObject.DirectoryWriter => method is PerspectiveNames.Write or PerspectiveNames.Unpack,
        _ => method is PerspectiveNames.Read or PerspectiveNames.Close,
    };

    /// <summary>Null for an ordinary end; else what went wrong in the worker, never empty.</summary>
    private static string? FailureText(JellyValue value) => value switch
    {
        JellyValue.None => null,
        JellyValue.Failure failure => Describe(failure.Value),
        JellyValue.Unpersistable refused => $"the worker failed in a way it could not tell ({refused.Reason})",
        _ when value.TryGetText(out string? text) && text.Length > 0 => text,
        _ => "the worker failed in a way it could not tell",
    };

    /// <summary>A failure for people: what kind, and what it says.</summary>
    public static string Describe(CopiedFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Message.Length == 0 ? failure.Type : $"{failure.Type}: {failure.Message}";
    }

    private static ReadOnlyMemory<byte>? Block(JellyValue value) => value switch
    {
        JellyValue.Bytes bytes => bytes.Value,
        JellyValue.Text text => text.Utf8,   // as real masters do
        _ => null,
    };

    private static (double Access, double Modified)? Times(JellyValue value)
    {
        ImmutableArray<JellyValue> items = value is JellyValue.Sequence sequence ? sequence.Items : [];
        return items.Length == 2 && Seconds(items[0]) is { } access && Seconds(items[1]) is { } modified ? (access, modified) : null;
    }

    private static double? Seconds(JellyValue value) => value switch
    {
        JellyValue.Float seconds => seconds.Value,
        JellyValue.Integer seconds => seconds.Value,
        _ => null,
    };
}
