using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

public static partial class BranchV2
{
    private const string BuildOrder = "BUILD";
    private const string PingOrder = "PING";
    private const int Ok = 200;
    private const int Refused = 400;

    /// <summary>Writes the frame of an answer.</summary>
    /// <returns>False, and nothing is written, when the dialect does not have the answer: a PONG gets none.</returns>
    public static bool TryWriteAnswer(BranchAnswer answer, IBufferWriter<byte> output)
    {
        var text = answer is BranchAnswer.Reply reply ? BranchTexts.Of(reply.Code) : null;
        if (text is { V2: null } || answer is BranchAnswer.Tree or BranchAnswer.Jobs) return false;
        var body = new ArrayBufferWriter<byte>();
        var json = new PythonJsonWriter(body);
        json.BeginObject();
        json.Name(BranchKeys.StatusCode);
        json.Number(text?.Status ?? (answer is BranchAnswer.Conflicts ? Refused : Ok));
        json.Name(BranchKeys.Payload);
        if (text is { V2: { } fixedText }) json.Text(fixedText.Replace(BranchText.Gap, ((BranchAnswer.Reply)answer).Argument, StringComparison.Ordinal));
        else BranchPayloads.Write(json, answer, BranchDialect.V2);
        json.EndObject();
        BranchFraming.Write(output, body.WrittenSpan);
        return true;
    }

    /// <summary>Reads the answer to a request.</summary>
    /// <param name="command">Of the request: a text means what it means there.</param>
    public static bool TryReadAnswer(ReadOnlyMemory<byte> body, BranchCommand command, [NotNullWhen(true)] out BranchAnswer? answer)
    {
        answer = null;
        if (!BranchJsonText.TryOpen(body, out var document)) return false;
        using (document)
        {
            if (BranchJsonText.WholeOf(BranchJsonText.Get(document.RootElement, BranchKeys.StatusCode)) is not { } status) return false;
            var payload = BranchJsonText.Get(document.RootElement, BranchKeys.Payload);
            var row = command == BranchCommand.Unknown ? null : BranchCommands.Of(command);
            if (BranchJsonText.TextOf(payload) is { } text)
                answer = ReplyReader.Find(text, (int)Math.Clamp(status, 1, 999), row?.Replies ?? [], r => BranchTexts.Of(r).V2);
            if (answer is null && row is not null && status == (row.Shape == BranchShape.Conflicts ? Refused : Ok))
                answer = BranchShapeReader.Answer(row.Shape, payload);
            return answer is not null;
        }
    }

    /// <summary>Writes the frame of an order.</summary>
    public static void WriteOrder(BranchOrder order, IBufferWriter<byte> output)
    {
        if (order is BranchOrder.Unusable) throw new ArgumentException("An order that cannot be used is not sent.", nameof(order));
        if (order is not BranchOrder.Build build)
        {
            WriteEnvelope(PingOrder, json => json.Text(""), output);
            return;
        }
        WriteEnvelope(BuildOrder, json =>
        {
            json.BeginObject();
            json.Name(BranchKeys.PackageBuild);
            BranchPackageBuildJson.Write(json, build.Package);
            json.Member(BranchKeys.BuildType, BranchWords.Of(build.Type));
            json.EndObject();
        }, output);
    }

    /// <summary>Reads the status of an answer, which is all that V2 clients go by, and its text.</summary>
    /// <param name="text">The payload where it is a text; else empty.</param>
    /// <returns>False for what is no answer.</returns>
    public static bool TryReadStatus(ReadOnlyMemory<byte> body, out long status, out string text)
    {
        (status, text) = (0, "");
        if (!BranchJsonText.TryOpen(body, out var document)) return false;
        using (document)
        {
            if (BranchJsonText.WholeOf(BranchJsonText.Get(document.RootElement, BranchKeys.StatusCode)) is not { } code) return false;
            (status, text) = (code, BranchShapeReader.Text(document.RootElement, BranchKeys.Payload) ?? "");
            return true;
        }
    }

    /// <summary>The frame of a bot's answer to an order that it does not know: neither command nor payload. The master answers nothing.</summary>
    public static void WriteUnknownOrder(IBufferWriter<byte> output) => WriteEnvelope("", json => json.Text(""), output);

    /// <summary>Reads an order; false for anything else. An order to build that makes no recipe is <see cref="BranchOrder.Unusable"/>.</summary>
    public static bool TryReadOrder(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out BranchOrder? order)
    {
        order = null;
        if (!BranchJsonText.TryOpen(body, out JsonDocument? document)) return false;
        using (document)
        {
            string? command = BranchShapeReader.Text(document.RootElement, BranchKeys.Command);
            if (command == PingOrder) order = new BranchOrder.Ping();
            if (command != BuildOrder) return order is not null;
            var payload = BranchJsonText.Get(document.RootElement, BranchKeys.Payload);
            order = BranchWords.BuildTypeOf(BranchShapeReader.Text(payload, BranchKeys.BuildType) ?? "") is not { } type
                ? new BranchOrder.Unusable($"The order has no '{BranchKeys.BuildType}' that is known.")
                : BranchPackageBuildJson.TryRead(BranchJsonText.Get(payload, BranchKeys.PackageBuild), RecipeLimits.Default, out var build, out string? error)
                    ? new BranchOrder.Build(build, type)
                    : new BranchOrder.Unusable($"The recipe cannot be read: {error}");
            return true;
        }
    }
}
