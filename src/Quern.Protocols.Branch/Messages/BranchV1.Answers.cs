using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

public static partial class BranchV1
{
    private const string BuildOrder = "BUILD_PKG";
    private const string CrossBuildOrder = "BUILD_PKG_CROSS";
    private const string PingOrder = "PING";

    /// <summary>Writes the frame of an answer.</summary>
    /// <returns>False, and nothing is written, when the dialect does not have the answer.</returns>
    public static bool TryWriteAnswer(BranchAnswer answer, IBufferWriter<byte> output)
    {
        if (answer is BranchAnswer.Reply reply)
        {
            if (BranchTexts.Of(reply.Code).V1 is not { } text) return false;
            BranchFraming.Write(output, Encoding.UTF8.GetBytes(text.Replace(BranchText.Gap, reply.Argument, StringComparison.Ordinal)));
            return true;
        }
        if (answer is BranchAnswer.LoggedOn or BranchAnswer.JobLists or BranchAnswer.Clients or BranchAnswer.Conflicts) return false;
        var body = new ArrayBufferWriter<byte>();
        BranchPayloads.Write(new PythonJsonWriter(body), answer, BranchDialect.V1);
        BranchFraming.Write(output, body.WrittenSpan);
        return true;
    }

    /// <summary>Reads the answer to a request.</summary>
    /// <param name="command">Of the request: a literal means what it means there.</param>
    public static bool TryReadAnswer(ReadOnlyMemory<byte> body, BranchCommand command, [NotNullWhen(true)] out BranchAnswer? answer)
    {
        answer = null;
        if (!Utf8.IsValid(body.Span)) return false;
        var row = command == BranchCommand.Unknown ? null : BranchCommands.Of(command);
        if (body.Length <= MaxLiteral)
            answer = ReplyReader.Find(Encoding.UTF8.GetString(body.Span), 0, row?.Replies ?? [], r => BranchTexts.Of(r).V1);
        if (answer is not null || row is null) return answer is not null;
        if (!BranchJsonText.TryOpen(body, out var document)) return false;
        using (document) answer = BranchShapeReader.Answer(row.Shape, document.RootElement);
        return answer is not null;
    }

    /// <summary>Bytes of the longest literal, a package name in it.</summary>
    private const int MaxLiteral = 256;

    /// <summary>Writes the frame of an order.</summary>
    public static void WriteOrder(BranchOrder order, IBufferWriter<byte> output)
    {
        if (order is BranchOrder.Unusable) throw new ArgumentException("An order that cannot be used is not sent.", nameof(order));
        var body = new ArrayBufferWriter<byte>();
        if (order is BranchOrder.Build build)
        {
            Encoding.UTF8.GetBytes(build.Type == BranchBuildType.Cross ? CrossBuildOrder : BuildOrder, body);
            body.Write(" "u8);
            BranchPackageBuildJson.Write(new PythonJsonWriter(body), build.Package);
        }
        else
        {
            Encoding.UTF8.GetBytes(PingOrder, body);
        }
        BranchFraming.Write(output, body.WrittenSpan);
    }

    /// <summary>Reads an order; false for anything else. An order to build that makes no recipe is <see cref="BranchOrder.Unusable"/>.</summary>
    public static bool TryReadOrder(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out BranchOrder? order)
    {
        order = null;
        int blank = body.Span.IndexOf((byte)' ');
        var word = blank < 0 ? body.Span : body.Span[..blank];
        if (blank < 0 && word.SequenceEqual("PING"u8)) order = new BranchOrder.Ping();
        bool cross = word.SequenceEqual("BUILD_PKG_CROSS"u8);
        if (!(cross || word.SequenceEqual("BUILD_PKG"u8))) return order is not null;
        order = ReadBuild(blank < 0 ? default : body[(blank + 1)..], cross ? BranchBuildType.Cross : BranchBuildType.Release);
        return true;
    }

    private static BranchOrder ReadBuild(ReadOnlyMemory<byte> recipe, BranchBuildType type)
    {
        if (!BranchJsonText.TryOpen(recipe, out JsonDocument? document)) return new BranchOrder.Unusable("The recipe is no JSON text.");
        using (document)
        {
            return BranchPackageBuildJson.TryRead(document.RootElement, RecipeLimits.Default, out var build, out string? error)
                ? new BranchOrder.Build(build, type)
                : new BranchOrder.Unusable($"The recipe cannot be read: {error}");
        }
    }
}
