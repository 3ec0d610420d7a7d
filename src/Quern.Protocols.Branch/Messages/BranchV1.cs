using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>
/// The bodies of V1 frames: a command word, and after one blank its value up to the end of the frame, verbatim.
/// <code>
/// SUBMIT_SOLUTION_RB [["zlib"], ["libpng"]]
/// word               value
/// </code>
/// Answers are a literal or JSON text. Branch protocol, "V1 commands".
/// </summary>
public static partial class BranchV1
{
    /// <summary>Reads what a peer asks.</summary>
    /// <param name="body">Of one frame.</param>
    /// <param name="role">Decides which words the peer has.</param>
    /// <returns>False for what is no UTF-8: the connection makes no sense any more.</returns>
    public static bool TryReadRequest(ReadOnlySpan<byte> body, BranchRole role, [NotNullWhen(true)] out BranchRequest? request)
    {
        request = null;
        if (!Utf8.IsValid(body)) return false;
        int blank = body.IndexOf((byte)' ');
        var word = blank < 0 ? body : body[..blank];
        var value = blank < 0 ? default : body[(blank + 1)..];
        string text = Encoding.UTF8.GetString(word[..Math.Min(word.Length, BranchCommands.MaxWord)]);
        request = word.Length <= BranchCommands.MaxWord && BranchCommands.Find(BranchDialect.V1, role, text) is { } row
            ? Read(row, text, value)
            : new BranchRequest.Unknown(text);
        return true;
    }

    private static BranchRequest Read(BranchCommandRow row, string word, ReadOnlySpan<byte> value) => row.Command switch
    {
        BranchCommand.ShowKey => new BranchRequest.ShowKey(Text(value)),
        BranchCommand.SetType => new BranchRequest.SetType(Text(value)),
        BranchCommand.SetName => new BranchRequest.SetName(Text(value)),
        BranchCommand.Checkout => new BranchRequest.Checkout(Text(value)),
        BranchCommand.PackageInfo => new BranchRequest.PackageInfo(Text(value)),
        BranchCommand.Submit => ReadSubmit(value),
        BranchCommand.ReleaseBuild => new BranchRequest.Build(Text(value), BranchBuildType.Release),
        BranchCommand.CrossBuild => new BranchRequest.Build(Text(value), BranchBuildType.Cross),
        BranchCommand.JobLog => new BranchRequest.JobLog(Text(value), null),
        BranchCommand.SystemLog => new BranchRequest.SystemLog(),
        BranchCommand.Dependers => new BranchRequest.Dependers(Text(value)),
        BranchCommand.DependerTree => new BranchRequest.DependerTree(Text(value)),
        BranchCommand.RebuildDependers => new BranchRequest.RebuildDependers(Text(value)),
        BranchCommand.QueuedJobs => new BranchRequest.QueuedJobs(),
        BranchCommand.RunningJobs => new BranchRequest.RunningJobs(),
        BranchCommand.CompletedJobs => new BranchRequest.CompletedJobs(),
        BranchCommand.Controllers => new BranchRequest.Controllers(),
        BranchCommand.Bots => new BranchRequest.Bots(),
        BranchCommand.Packages => new BranchRequest.Packages(),
        BranchCommand.PackageBuilds => new BranchRequest.PackageBuilds(),
        BranchCommand.ClearCompleted => new BranchRequest.ClearCompleted(),
        BranchCommand.CancelJob => new BranchRequest.CancelJob(Text(value)),
        BranchCommand.CancelAll => new BranchRequest.CancelAll(),
        BranchCommand.ReleaseSolution => ReadSolution(value, BranchBuildType.Release, row.Command),
        BranchCommand.CrossSolution => ReadSolution(value, BranchBuildType.Cross, row.Command),
        BranchCommand.ClientInfo => new BranchRequest.ClientInfo(Text(value)),
        BranchCommand.LockedPackages => new BranchRequest.LockedPackages(),
        BranchCommand.Delete when value.IsEmpty => Malformed(row.Command, BranchReply.DeleteNameless),
        BranchCommand.Delete => new BranchRequest.Delete(Text(value)),
        BranchCommand.ExtraSources => new BranchRequest.ExtraSources(),
        BranchCommand.RemoveExtraSource => new BranchRequest.RemoveExtraSource(Text(value)),
        BranchCommand.TransferExtraSource => ReadTransfer(value),
        BranchCommand.CompleteTransfer => new BranchRequest.CompleteTransfer(),
        BranchCommand.MachineInformation when value.IsEmpty => Malformed(row.Command, BranchReply.MachineInvalid),
        BranchCommand.MachineInformation => ReadJson(row.Command, value, data =>
            BranchShapeReader.Facts(data) is { } facts ? new BranchRequest.MachineInformation(facts) : null),
        BranchCommand.DeploymentConfiguration => new BranchRequest.DeploymentConfiguration(),
        BranchCommand.Ready => new BranchRequest.Ready(),
        BranchCommand.Pong => new BranchRequest.Pong(),
        BranchCommand.StatusUpdate when value.IsEmpty => Malformed(row.Command, BranchReply.StatusInvalid),
        BranchCommand.StatusUpdate => new BranchRequest.StatusUpdate(Text(value)),
        BranchCommand.BareStatus => new BranchRequest.StatusUpdate(word, true),
        BranchCommand.SubmitLog => ReadJson(row.Command, value, data =>
            BranchJsonText.TextsOf(data) is { } lines ? new BranchRequest.SubmitLog([.. lines]) : null),
        BranchCommand.TransferPackage => BranchJsonText.WholeOf(Text(value)) is { } length and > 0
            ? new BranchRequest.TransferPackage(length)
            : Malformed(row.Command, BranchReply.PackageLength),
        BranchCommand.ExtraSourceInfo => new BranchRequest.ExtraSourceInfo(Text(value)),
        BranchCommand.FetchExtraSource => new BranchRequest.FetchExtraSource(Text(value)),
        BranchCommand.SystemEvent => new BranchRequest.SystemEvent(Text(value)),
        _ => throw new UnreachableException(),
    };

    private static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value);

    private static BranchRequest ReadSubmit(ReadOnlySpan<byte> value) => value.IsEmpty
        ? Malformed(BranchCommand.Submit, BranchReply.SubmitInvalid)
        : ReadJson(BranchCommand.Submit, value, data => BranchPackageBuildJson.TryRead(data, RecipeLimits.Default, out var build, out _)
            ? new BranchRequest.Submit(build)
            : Malformed(BranchCommand.Submit, BranchReply.SubmitInvalid));

    private static BranchRequest ReadSolution(ReadOnlySpan<byte> value, BranchBuildType type, BranchCommand command) => value.IsEmpty
        ? new BranchRequest.Solution(default, type)
        : ReadJson(command, value, data => new BranchRequest.Solution(BranchShapeReader.Steps(data), type));

    private static BranchRequest ReadTransfer(ReadOnlySpan<byte> value) => ReadJson(BranchCommand.TransferExtraSource, value, data =>
    {
        if (BranchShapeReader.Text(data, BranchKeys.FileName) is not { } file || BranchShapeReader.Text(data, BranchKeys.Description) is not { } description) return null;
        return BranchJsonText.WholeOf(BranchJsonText.Get(data, BranchKeys.FileLengthV1)) is { } length and > 0
            ? new BranchRequest.TransferExtraSource(file, description, length)
            : Malformed(BranchCommand.TransferExtraSource, BranchReply.TransferLength);
    });

    /// <summary>A value that is JSON text; what it cannot be makes the originals' handlers raise.</summary>
    private static BranchRequest ReadJson(BranchCommand command, ReadOnlySpan<byte> value, Func<JsonElement, BranchRequest?> read)
    {
        if (!BranchJsonText.TryOpen(value.ToArray(), out var document)) return Malformed(command, BranchReply.HandlerFailed);
        using (document) return read(document.RootElement) ?? Malformed(command, BranchReply.HandlerFailed);
    }

    private static BranchRequest.Malformed Malformed(BranchCommand command, BranchReply reply) => new(command, new BranchAnswer.Reply(reply));

    /// <summary>Writes the frame of a request.</summary>
    /// <exception cref="ArgumentException">The dialect does not have the request.</exception>
    public static void WriteRequest(BranchRequest request, IBufferWriter<byte> output)
    {
        var row = request is BranchRequest.Unknown or BranchRequest.Malformed ? null : BranchCommands.Of(request.Command);
        if (row is null || row.V1.IsEmpty) throw new ArgumentException($"V1 has no {request.Command}.", nameof(request));
        var body = new ArrayBufferWriter<byte>();
        if (request is BranchRequest.StatusUpdate { IsBare: true } bare)
        {
            if (!row.V1.Contains(bare.Status)) throw new ArgumentException($"V1 has no bare status '{bare.Status}'.", nameof(request));
            Encoding.UTF8.GetBytes(bare.Status, body);
        }
        else
        {
            Encoding.UTF8.GetBytes(row.V1[0], body);
            WriteValue(request, body);
        }
        BranchFraming.Write(output, body.WrittenSpan);
    }

    private static void WriteValue(BranchRequest request, ArrayBufferWriter<byte> body)
    {
        if (request.Value is { } text)
        {
            if (text.Length == 0) return;
            body.Write(" "u8);
            Encoding.UTF8.GetBytes(text, body);
            return;
        }
        if (request is not (BranchRequest.Submit or BranchRequest.Solution { Steps.IsDefault: false } or BranchRequest.TransferExtraSource or
            BranchRequest.MachineInformation or BranchRequest.SubmitLog)) return;
        body.Write(" "u8);
        var json = new PythonJsonWriter(body);
        switch (request)
        {
            case BranchRequest.Submit r:
                BranchPackageBuildJson.Write(json, r.Package);
                break;
            case BranchRequest.Solution r:
                BranchPayloads.Write(json, r.Steps.Select(s => s.AsEnumerable()));
                break;
            case BranchRequest.TransferExtraSource r:
                json.BeginObject();
                json.Member(BranchKeys.Description, r.Description);
                json.Member(BranchKeys.FileName, r.FileName);
                json.Member(BranchKeys.FileLengthV1, r.Length);
                json.EndObject();
                break;
            case BranchRequest.MachineInformation r:
                BranchPayloads.Write(json, r.Facts);
                break;
            case BranchRequest.SubmitLog r:
                json.Texts(r.Lines);
                break;
        }
    }
}
