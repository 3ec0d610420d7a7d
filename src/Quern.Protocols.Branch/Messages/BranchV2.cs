using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>
/// The bodies of V2 frames: one JSON object each way.
/// <code>
/// {"command": "CHECKOUT", "payload": "zlib"}
/// {"statuscode": 200, "payload": …}
/// </code>
/// Commands without an argument carry <c>""</c>, <c>null</c> or no payload at all. Branch protocol, "V2 controller commands".
/// </summary>
public static partial class BranchV2
{
    /// <summary>Characters of a peer's value that an answer repeats.</summary>
    private const int MaxShown = 32;

    /// <summary>Reads what a peer asks.</summary>
    /// <param name="body">Of one frame; used only during the call.</param>
    /// <param name="role">Decides which commands the peer has.</param>
    /// <returns>False for what is no request at all: the connection makes no sense any more.</returns>
    public static bool TryReadRequest(ReadOnlyMemory<byte> body, BranchRole role, [NotNullWhen(true)] out BranchRequest? request)
    {
        request = null;
        if (!BranchJsonText.TryOpen(body, out var document)) return false;
        using (document)
        {
            if (BranchShapeReader.Text(document.RootElement, BranchKeys.Command) is not { } word) return false;
            var payload = BranchJsonText.Get(document.RootElement, BranchKeys.Payload);
            request = BranchCommands.Find(BranchDialect.V2, role, word) is { } row
                ? Read(row.Command, payload)
                : new BranchRequest.Unknown(word.Length <= BranchCommands.MaxWord ? word : word[..BranchCommands.MaxWord]);
            return true;
        }
    }

    private static BranchRequest Read(BranchCommand command, JsonElement payload) => command switch
    {
        BranchCommand.LogOn => ReadLogOn(payload),
        BranchCommand.Checkout => new BranchRequest.Checkout(Text(payload)),
        BranchCommand.Submit => ReadSubmit(payload),
        BranchCommand.ReleaseBuild => ReadBuild(payload),
        BranchCommand.JobLog => ReadJobLog(payload),
        BranchCommand.SystemLog => new BranchRequest.SystemLog(),
        BranchCommand.Dependers => new BranchRequest.Dependers(Text(payload)),
        BranchCommand.RebuildDependers => new BranchRequest.RebuildDependers(Text(payload)),
        BranchCommand.Jobs => new BranchRequest.Jobs(),
        BranchCommand.Clients => new BranchRequest.Clients(),
        BranchCommand.Packages => new BranchRequest.Packages(),
        BranchCommand.PackageBuilds => new BranchRequest.PackageBuilds(),
        BranchCommand.ClearCompleted => new BranchRequest.ClearCompleted(),
        BranchCommand.CancelJob => new BranchRequest.CancelJob(Text(payload)),
        BranchCommand.CancelAll => new BranchRequest.CancelAll(),
        BranchCommand.ReleaseSolution => ReadSolution(payload),
        BranchCommand.ClientInfo => new BranchRequest.ClientInfo(Text(payload)),
        BranchCommand.Delete => new BranchRequest.Delete(Text(payload)),
        BranchCommand.ExtraSources => new BranchRequest.ExtraSources(),
        BranchCommand.RemoveExtraSource => new BranchRequest.RemoveExtraSource(Text(payload)),
        BranchCommand.TransferExtraSource => ReadTransfer(payload),
        BranchCommand.CompleteTransfer => new BranchRequest.CompleteTransfer(),
        BranchCommand.MachineInformation => BranchShapeReader.Facts(payload) is { } facts
            ? new BranchRequest.MachineInformation(facts)
            : Malformed(command, BranchReply.MachineInvalid),
        BranchCommand.DeploymentConfiguration => new BranchRequest.DeploymentConfiguration(),
        BranchCommand.Ready => new BranchRequest.Ready(),
        BranchCommand.Pong => new BranchRequest.Pong(),
        BranchCommand.StatusUpdate => Text(payload) is { Length: > 0 } status
            ? new BranchRequest.StatusUpdate(status)
            : Malformed(command, BranchReply.StatusInvalid),
        BranchCommand.SubmitLog => BranchJsonText.TextsOf(payload) is { } lines
            ? new BranchRequest.SubmitLog([.. lines])
            : Malformed(command, BranchReply.HandlerFailed),
        BranchCommand.AppendLog => BranchJsonText.TextsOf(payload) is { } lines
            ? new BranchRequest.AppendLog([.. lines])
            : Malformed(command, BranchReply.HandlerFailed),
        BranchCommand.SubmitContent => BranchJsonText.TextsOf(payload) is { } paths
            ? new BranchRequest.SubmitContent([.. paths])
            : Malformed(command, BranchReply.ContentInvalid),
        BranchCommand.TransferPackage => BranchJsonText.WholeOf(payload) is { } length and > 0
            ? new BranchRequest.TransferPackage(length)
            : Malformed(command, BranchReply.PackageLength),
        BranchCommand.ExtraSourceInfo => new BranchRequest.ExtraSourceInfo(Text(payload)),
        BranchCommand.FetchExtraSource => new BranchRequest.FetchExtraSource(Text(payload)),
        BranchCommand.SystemEvent => new BranchRequest.SystemEvent(Text(payload)),
        _ => throw new UnreachableException(),
    };

    /// <summary>The argument of a command that takes a text. What is no text names nothing: the refusal of an unknown name fits it.</summary>
    private static string Text(JsonElement payload) => BranchJsonText.TextOf(payload) ?? "";

    private static BranchRequest ReadLogOn(JsonElement payload)
    {
        if (payload.ValueKind != JsonValueKind.Object) return Malformed(BranchCommand.LogOn, BranchReply.HandlerFailed);
        foreach (string key in (ReadOnlySpan<string>)[BranchKeys.Identifier, BranchKeys.Type, BranchKeys.Key, BranchKeys.Version])
            if (BranchJsonText.Get(payload, key).ValueKind == JsonValueKind.Undefined) return Malformed(BranchCommand.LogOn, BranchReply.FieldMissing, key);
        var version = BranchJsonText.Get(payload, BranchKeys.Version);
        string shown = version.ValueKind == JsonValueKind.String ? Text(version) : version.GetRawText();
        return new BranchRequest.LogOn(
            BranchShapeReader.Text(payload, BranchKeys.Identifier) ?? "", BranchShapeReader.Text(payload, BranchKeys.Type) ?? "",
            BranchShapeReader.Text(payload, BranchKeys.Key),
            version.ValueKind == JsonValueKind.Number && version.TryGetInt64(out long number) ? number : null,
            shown.Length <= MaxShown ? shown : shown[..MaxShown]);
    }

    private static BranchRequest ReadSubmit(JsonElement payload)
    {
        if (payload.ValueKind != JsonValueKind.Object) return Malformed(BranchCommand.Submit, BranchReply.SubmitUnreadable);
        return BranchPackageBuildJson.TryRead(payload, RecipeLimits.Default, out var build, out _)
            ? new BranchRequest.Submit(build)
            : Malformed(BranchCommand.Submit, BranchReply.SubmitInvalid);
    }

    private static BranchRequest ReadBuild(JsonElement payload)
    {
        if (payload.ValueKind != JsonValueKind.Object) return Malformed(BranchCommand.ReleaseBuild, BranchReply.HandlerFailed);
        if (Missing(payload, BranchKeys.PackageName)) return MissingData(BranchCommand.ReleaseBuild, BranchKeys.PackageName);
        return BranchWords.BuildTypeOf(BranchShapeReader.Text(payload, BranchKeys.BuildType) ?? "") is { } type
            ? new BranchRequest.Build(BranchShapeReader.Text(payload, BranchKeys.PackageName) ?? "", type)
            : MissingData(BranchCommand.ReleaseBuild, BranchKeys.BuildType);
    }

    private static BranchRequest ReadJobLog(JsonElement payload)
    {
        if (payload.ValueKind != JsonValueKind.Object) return new BranchRequest.JobLog(Text(payload), null);
        if (Missing(payload, BranchKeys.LogJob)) return MissingData(BranchCommand.JobLog, BranchKeys.LogJob);
        if (Missing(payload, BranchKeys.Offset)) return MissingData(BranchCommand.JobLog, BranchKeys.Offset);
        return new BranchRequest.JobLog(
            BranchShapeReader.Text(payload, BranchKeys.LogJob) ?? "", BranchJsonText.WholeOf(BranchJsonText.Get(payload, BranchKeys.Offset)) ?? -1);
    }

    private static BranchRequest ReadSolution(JsonElement payload)
    {
        if (payload.ValueKind != JsonValueKind.Object) return Malformed(BranchCommand.ReleaseSolution, BranchReply.HandlerFailed);
        if (Missing(payload, BranchKeys.Solution)) return MissingData(BranchCommand.ReleaseSolution, BranchKeys.Solution);
        return BranchWords.BuildTypeOf(BranchShapeReader.Text(payload, BranchKeys.BuildType) ?? "") is { } type
            ? new BranchRequest.Solution(BranchShapeReader.Steps(BranchJsonText.Get(payload, BranchKeys.Solution)), type)
            : MissingData(BranchCommand.ReleaseSolution, BranchKeys.BuildType);
    }

    private static BranchRequest ReadTransfer(JsonElement payload)
    {
        if (payload.ValueKind != JsonValueKind.Object) return Malformed(BranchCommand.TransferExtraSource, BranchReply.HandlerFailed);
        foreach (string key in (ReadOnlySpan<string>)[BranchKeys.FileName, BranchKeys.FileDescription, BranchKeys.FileLength])
            if (Missing(payload, key)) return MissingData(BranchCommand.TransferExtraSource, key);
        return BranchJsonText.WholeOf(BranchJsonText.Get(payload, BranchKeys.FileLength)) is { } length and > 0
            ? new BranchRequest.TransferExtraSource(
                BranchShapeReader.Text(payload, BranchKeys.FileName) ?? "", BranchShapeReader.Text(payload, BranchKeys.FileDescription) ?? "", length)
            : Malformed(BranchCommand.TransferExtraSource, BranchReply.TransferLength);
    }

    private static bool Missing(JsonElement payload, string key) => BranchJsonText.Get(payload, key).ValueKind == JsonValueKind.Undefined;

    private static BranchRequest.Malformed MissingData(BranchCommand command, string key) => Malformed(command, BranchReply.DataMissing, key);

    private static BranchRequest.Malformed Malformed(BranchCommand command, BranchReply reply, string argument = "") =>
        new(command, new BranchAnswer.Reply(reply, argument));

    /// <summary>Writes the frame of a request.</summary>
    /// <exception cref="ArgumentException">The dialect does not have the request.</exception>
    public static void WriteRequest(BranchRequest request, IBufferWriter<byte> output)
    {
        var row = request is BranchRequest.Unknown or BranchRequest.Malformed ? null : BranchCommands.Of(request.Command);
        if (row is null || row.V2.IsEmpty) throw new ArgumentException($"V2 has no {request.Command}.", nameof(request));
        WriteEnvelope(row.V2[0], json => WritePayload(request, json), output);
    }

    private static void WriteEnvelope(string command, Action<PythonJsonWriter> payload, IBufferWriter<byte> output)
    {
        var body = new ArrayBufferWriter<byte>();
        var json = new PythonJsonWriter(body);
        json.BeginObject();
        json.Member(BranchKeys.Command, command);
        json.Name(BranchKeys.Payload);
        payload(json);
        json.EndObject();
        BranchFraming.Write(output, body.WrittenSpan);
    }

    private static void WritePayload(BranchRequest request, PythonJsonWriter json)
    {
        switch (request)
        {
            case BranchRequest.LogOn r:
                json.BeginObject();
                json.Member(BranchKeys.Identifier, r.Name);
                json.Member(BranchKeys.Type, r.Type);
                json.Name(BranchKeys.Key);
                if (r.Key is null) json.Token("null");
                else json.Text(r.Key);
                json.Name(BranchKeys.Version);
                json.Token(r.Version is { } version ? version.ToString(CultureInfo.InvariantCulture) : "null");
                json.EndObject();
                break;
            case BranchRequest.Submit r:
                BranchPackageBuildJson.Write(json, r.Package);
                break;
            case BranchRequest.Build r:
                json.BeginObject();
                json.Member(BranchKeys.PackageName, r.Name);
                json.Member(BranchKeys.BuildType, BranchWords.Of(r.Type));
                json.EndObject();
                break;
            case BranchRequest.JobLog { Offset: { } offset } r:
                json.BeginObject();
                json.Member(BranchKeys.LogJob, r.Job);
                json.Member(BranchKeys.Offset, offset);
                json.EndObject();
                break;
            case BranchRequest.Solution r:
                json.BeginObject();
                json.Name(BranchKeys.Solution);
                if (r.Steps.IsDefault) json.Text("");
                else BranchPayloads.Write(json, r.Steps.Select(s => s.AsEnumerable()));
                json.Member(BranchKeys.BuildType, BranchWords.Of(r.Type));
                json.EndObject();
                break;
            case BranchRequest.TransferExtraSource r:
                json.BeginObject();
                json.Member(BranchKeys.FileName, r.FileName);
                json.Member(BranchKeys.FileDescription, r.Description);
                json.Member(BranchKeys.FileLength, r.Length);
                json.EndObject();
                break;
            case BranchRequest.MachineInformation r:
                BranchPayloads.Write(json, r.Facts);
                break;
            case BranchRequest.SubmitLog r:
                json.Texts(r.Lines);
                break;
            case BranchRequest.AppendLog r:
                json.Texts(r.Lines);
                break;
            case BranchRequest.SubmitContent r:
                json.Texts(r.Paths);
                break;
            case BranchRequest.TransferPackage r:
                json.Number(r.Length);
                break;
            default:
                json.Text(request.Value ?? "");
                break;
        }
    }
}
