using System.Buffers;
using System.Diagnostics;
using System.Text;
using Quern.Protocols.Branch.Packages;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>
/// Writes the answers of the HTTP API.
/// <code>
/// {"status": S, "response_code": N, "payload": X}     HTTP 200, as Python's json module writes it
/// </code>
/// Errors of package files and the two old lists are plain text.
/// </summary>
public static class BranchHttpWriter
{
    private const string Json = "application/json";
    private const string Plain = "text/plain";
    private const string Html = "text/html";

    /// <summary>What a browser without a question is shown.</summary>
    private const string FrontPage = "<h1>Bad request.</h1>";

    public static BranchHttpMessage Write(BranchHttpAnswer answer) => answer switch
    {
        BranchHttpAnswer.Front => Text(200, Html, FrontPage),
        BranchHttpAnswer.Error error => error.Kind switch
        {
            BranchHttpError.PackageName => Text(400, Plain, "E_PKGNAME"),
            BranchHttpError.Package => Text(404, Plain, "E_PACKAGE"),
            BranchHttpError.Version => Text(404, Plain, "E_VERSION"),
            BranchHttpError.General => Text(500, Plain, "E_GENERAL"),
            _ => throw new UnreachableException(),
        },
        BranchHttpAnswer.Versions versions => Text(200, Plain, string.Concat(versions.Items.Select(v => $"{v.RealVersion};{v.Version}\n"))),
        BranchHttpAnswer.PackageLines lines => Text(200, Plain, string.Concat(lines.Items.Select(LineOf))),
        BranchHttpAnswer.Said said => Envelope(BranchHttpTexts.Of(said.Code).Status, json => json.Text(TextOf(said))),
        BranchHttpAnswer.Text text => Envelope(BranchHttpStatus.Success, json => json.Text(text.Payload)),
        BranchHttpAnswer.Data data => Envelope(BranchHttpStatus.Success, json => Write(json, data.Answer)),
        BranchHttpAnswer.Packages packages => Envelope(BranchHttpStatus.Success, json => Write(json, packages.Items)),
        _ => throw new UnreachableException(),
    };

    /// <summary>What a fixed reply says.</summary>
    public static string TextOf(BranchHttpAnswer.Said said) =>
        BranchHttpTexts.Of(said.Code).Payload.Replace(BranchText.Gap, said.Argument, StringComparison.Ordinal);

    private static BranchHttpMessage Envelope(BranchHttpStatus status, Action<PythonJsonWriter> payload)
    {
        var body = new ArrayBufferWriter<byte>();
        var json = new PythonJsonWriter(body);
        json.BeginObject();
        json.Member(BranchHttpKeys.Status, WordOf(status));
        json.Member(BranchHttpKeys.ResponseCode, (long)status);
        json.Name(BranchKeys.Payload);
        payload(json);
        json.EndObject();
        return new BranchHttpMessage(200, Json, body.WrittenMemory);
    }

    private static BranchHttpMessage Text(int status, string type, string text) => new(status, type, Encoding.UTF8.GetBytes(text));

    private static string WordOf(BranchHttpStatus status) => status switch
    {
        BranchHttpStatus.Success => "SUCCESS",
        BranchHttpStatus.MissingData => "MISSING_DATA",
        BranchHttpStatus.ServerFailure => "SERV_FAILURE",
        BranchHttpStatus.AuthFailure => "AUTH_FAILURE",
        _ => throw new UnreachableException(),
    };

    private static void Write(PythonJsonWriter json, BranchAnswer answer)
    {
        if (answer is not BranchAnswer.JobLists lists)
        {
            BranchPayloads.Write(json, answer, BranchDialect.V2);
            return;
        }
        json.BeginObject();
        json.Name(BranchHttpKeys.CompletedJobs);
        BranchPayloads.Write(json, lists.Completed, BranchDialect.V2);
        json.Name(BranchHttpKeys.RunningJobs);
        BranchPayloads.Write(json, lists.Running, BranchDialect.V2);
        json.Name(BranchHttpKeys.QueuedJobs);
        BranchPayloads.Write(json, lists.Queued, BranchDialect.V2);
        json.EndObject();
    }

    private static void Write(PythonJsonWriter json, IEnumerable<LeafPackage> packages)
    {
        json.BeginArray();
        foreach (var package in packages)
        {
            json.BeginObject();
            json.Member(RecipeKeys.Name, package.Name);
            json.Member(RecipeKeys.RealVersion, package.RealVersion);
            json.Member(RecipeKeys.Version, package.Version);
            json.Member(RecipeKeys.Description, package.Description);
            json.Member(RecipeKeys.Dependencies, package.Dependencies);
            json.Member(BranchHttpKeys.Hash, package.Hash);
            json.Member(BranchHttpKeys.Url, package.Url);
            json.EndObject();
        }
        json.EndArray();
    }

    private static string LineOf(LeafPackage p)
    {
        // The one free text of the line must neither end it nor make a field.
        string description = string.Concat(p.Description.Select(c => c is ';' ? ',' : char.IsControl(c) ? ' ' : c));
        return $"{p.Name};{p.RealVersion};{p.Version};{description};{RecipeList.Write(p.Dependencies)};{p.Url}\n";
    }
}
