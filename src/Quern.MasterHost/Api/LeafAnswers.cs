using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Quern.MasterHost.Configuration;
using Quern.Peers.Branch;
using Quern.Protocols.Branch;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Serves Branch's HTTP API, wherever it listens: requests become records, answers become bytes.</summary>
internal sealed partial class LeafAnswers(
    BranchWeb web, BlobStore blobs, LeafSettings settings, BranchSettings branch, LimitSettings limits, ILogger<LeafAnswers> logger)
{
    private const string Methods = "GET, HEAD, POST, OPTIONS";

    private readonly LeafBody _bodies = new(limits.RequestBytes);

    /// <summary>The front of addresses that are given out, when the configuration says it.</summary>
    private readonly string? _baseUrl = settings.Url.Length > 0 ? settings.Url : LeafAddress.BaseOf(branch.PackageListUrl);

    /// <summary>Answers one request. Throws only when the peer is gone or its answer broke off in the middle.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (settings.Cors) headers.AccessControlAllowOrigin = headers.AccessControlAllowMethods = headers.AccessControlAllowHeaders = "*";
        try
        {
            var (request, status) = await ReadAsync(context);
            var answer = await web.AnswerAsync(request, new BranchWebPeer(context.Connection.RemoteIpAddress ?? IPAddress.None, BaseUrl(context)), context.RequestAborted);
            await SendAsync(context, answer, status);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, Said(BranchHttpReply.BadRequest), e.StatusCode);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(logger, context.Request.Method, context.Request.Path, e);
            context.Response.Clear();
            await WriteAsync(context, Said(BranchHttpReply.Failed), 200);
        }
    }

    private async Task<(BranchHttpRequest Request, int Status)> ReadAsync(HttpContext context)
    {
        string path = context.Request.Path.Value is { Length: > 0 } named ? named : "/";
        if (HttpMethods.IsOptions(context.Request.Method)) return (new BranchHttpRequest.Options(), 200);
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            return (BranchHttpRouting.ReadGet(path, (context.Request.QueryString.Value ?? "").AsSpan().TrimStart('?')), 200);
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = Methods;
            return (new BranchHttpRequest.Refused(BranchHttpReply.BadRequest), StatusCodes.Status405MethodNotAllowed);
        }
        // What nobody will look at is not taken in.
        if (!BranchHttpRouting.PostPaths.Contains(path)) return (new BranchHttpRequest.Refused(BranchHttpReply.BadRequest), 200);
        context.Response.Headers.CacheControl = "no-store";
        var (fields, status, problem) = await _bodies.ReadAsync(context.Request, context.RequestAborted);
        return (fields is null ? new BranchHttpRequest.Refused(problem) : BranchHttpRouting.ReadPost(path, fields), status);
    }

    private async Task SendAsync(HttpContext context, BranchWebAnswer answer, int status)
    {
        switch (answer)
        {
            case BranchWebAnswer.Message { ETag.Length: > 0 } page:
                await Results.Bytes(page.Http.Body, page.Http.ContentType, entityTag: new EntityTagHeaderValue($"\"{page.ETag}\"")).ExecuteAsync(context);
                break;
            case BranchWebAnswer.Message message:
                await WriteAsync(context, message.Http, status);
                break;
            case BranchWebAnswer.File file:
                await SendAsync(context, file.Package);
                break;
        }
    }

    private async Task SendAsync(HttpContext context, LeafEntry package)
    {
        if (blobs.OpenRead(package.Artifact.Sha256) is not { } stream)
        {
            Log.FileLost(logger, package.Name.Value, package.RealVersion, package.Artifact.Sha256.Hex);
            await WriteAsync(context, BranchHttpWriter.Write(new BranchHttpAnswer.Error(BranchHttpError.General)), 200);
            return;
        }
        context.Response.Headers.ContentDisposition = $"filename=\"{package.FileName}\"";
        await Results.Stream(stream, "application/octet-stream", null, package.Artifact.Time, new EntityTagHeaderValue($"\"{package.Artifact.Sha256}\""), enableRangeProcessing: true)
            .ExecuteAsync(context);
    }

    private static async Task WriteAsync(HttpContext context, BranchHttpMessage message, int status)
    {
        context.Response.StatusCode = status == 200 ? message.Status : status;
        context.Response.ContentType = message.ContentType;
        context.Response.ContentLength = message.Body.Length;
        await context.Response.Body.WriteAsync(message.Body, context.RequestAborted);
    }

    /// <summary>A name that a peer made up gets into no list: it must be a host, and the configuration goes first.</summary>
    private string BaseUrl(HttpContext context)
    {
        if (_baseUrl is not null) return _baseUrl;
        string host = context.Request.Host.Value ?? "";
        if (!LeafAddress.IsHost(host))
        {
            var address = context.Connection.LocalIpAddress ?? IPAddress.Loopback;
            host = new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, context.Connection.LocalPort).ToString();
        }
        return $"{context.Request.Scheme}://{host}";
    }

    private static BranchHttpMessage Said(BranchHttpReply reply) => BranchHttpWriter.Write(new BranchHttpAnswer.Said(reply));

    private static partial class Log
    {
        [LoggerMessage(3302, LogLevel.Error, "The file of {Package} {RealVersion} ({Sha256}) is missing from the store; build it again.")]
        public static partial void FileLost(ILogger logger, string package, string realVersion, string sha256);

        [LoggerMessage(3301, LogLevel.Error, "{Method} {Path} of the leaf API failed.")]
        public static partial void RequestFailed(ILogger logger, string method, string path, Exception exception);
    }
}
