using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>An error as problem+json (RFC 9457).</summary>
/// <param name="Title">What kind of error, in few words.</param>
/// <param name="Detail">What was wrong, where, and what to do.</param>
internal sealed record ApiProblem(string Title, int Status, string Detail)
{
    /// <summary>Places in a submitted text; empty for other errors.</summary>
    public IReadOnlyList<TextProblem> Problems { get; init; } = [];

    /// <summary>What kind of error, for programs: a stable word; null where the status says enough.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The part of the request that was wrong; null when it was none in particular.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    /// <summary>Where to do what <see cref="Detail"/> asks for; null for nowhere in particular.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Link { get; init; }

    /// <summary>The session must be proved again first.</summary>
    private static ApiProblem StepUp { get; } = new("Prove it again", StatusCodes.Status403Forbidden,
        $"This asks for the password again, and for a one-time code where the account has them: POST {StepUpPath}, then send this again.")
    {
        Code = ProofRule.Code,
        Link = StepUpPath,
    };

    private const int MaxLimit = 1000;
    private const string StepUpPath = "/api/v1/account/step-up";

    public static IResult ProveAgain() => StepUp.ToResult();

    public static IResult NotFound(string detail) => Result(StatusCodes.Status404NotFound, "Not found", detail);

    public static IResult Bad(string detail) => Result(StatusCodes.Status400BadRequest, "Bad request", detail);

    /// <summary>What is wrong with how much of a list is asked for at once; null when nothing is.</summary>
    public static IResult? OfLimit(int limit) => limit is < 1 or > MaxLimit ? Bad($"'limit' must be from 1 to {MaxLimit}.") : null;

    /// <summary>Understood, but the farm's state or rules forbid it.</summary>
    public static IResult Refused(string detail) => Result(StatusCodes.Status422UnprocessableEntity, "Refused", detail);

    public static IResult Conflict(string detail) => Result(StatusCodes.Status409Conflict, "Conflict", detail);

    public static IResult Forbidden(string detail) => Result(StatusCodes.Status403Forbidden, "Not allowed", detail);

    public static IResult Result(int status, string title, string detail) => new ApiProblem(title, status, detail).ToResult();

    public IResult ToResult() => Results.Json(this, ApiJson.Default.ApiProblem, "application/problem+json", Status);

    public static Task Write(HttpContext context, int status, string title, string detail) => Write(context, new ApiProblem(title, status, detail));

    public static Task WriteProveAgain(HttpContext context) => Write(context, StepUp);

    private static async Task Write(HttpContext context, ApiProblem problem)
    {
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = "application/problem+json";
        await JsonSerializer.SerializeAsync(context.Response.Body, problem, ApiJson.Default.ApiProblem, context.RequestAborted);
    }
}

/// <summary>Something wrong at a place of a submitted text.</summary>
internal sealed record TextProblem(int Line, int Column, string Severity, string Message);
