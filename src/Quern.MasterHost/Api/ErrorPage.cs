using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>The one place where what was thrown becomes an answer. Details of the farm's own errors go to its log alone.</summary>
internal sealed partial class ErrorPage(RequestDelegate next, ILogger<ErrorPage> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await ApiProblem.Write(context, e.StatusCode, e.StatusCode == 413 ? "Too large" : "Bad request", Explain(e));
        }
        catch (Exception e) when (!context.Response.HasStarted && StoreTrouble.Explain(e) is not null)
        {
            Log.RequestFailed(logger, context.Request.Method, context.Request.Path, e);
            context.Response.Headers.RetryAfter = "10";
            await ApiProblem.Write(context, 503, "Not stored", StoreTrouble.Explain(e)!);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(logger, context.Request.Method, context.Request.Path, e);
            await ApiProblem.Write(context, 500, "Error in the farm", "The farm could not answer; its log says why.");
        }
        catch (IOException)
        {
            // The answer broke off in the middle.
        }
    }

    private static string Explain(BadHttpRequestException error) => error.InnerException switch
    {
        // "The JSON value could not be converted to ... Path: $.jobs[0].plan | LineNumber: 0 | BytePositionInLine: 12."
        JsonException { Path: { } path } json => $"The body is not understood at {path}: {FirstSentence(json.Message)}",
        JsonException json => $"The body is not JSON: {FirstSentence(json.Message)}",
        _ => error.Message,
    };

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(" Path:", StringComparison.Ordinal);
        return end > 0 ? message[..end] : message;
    }

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Error, "{Method} {Path} failed.")]
        public static partial void RequestFailed(ILogger logger, string method, string path, Exception exception);
    }
}
