using Microsoft.AspNetCore.Http;
using Quern.MasterHost.Access;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>What a desk answered, as HTTP says it.</summary>
internal static class EstateAnswerResults
{
    /// <param name="done">What is answered when all went well.</param>
    public static async Task<IResult> ToResultAsync(this EstateAnswer answer, Func<Task<IResult>> done) => answer.Succeeded ? await done() : answer.ToProblem();

    /// <inheritdoc cref="ToResultAsync"/>
    public static IResult ToResult(this EstateAnswer answer, Func<IResult> done) => answer.Succeeded ? done() : answer.ToProblem();

    public static IResult ToResult(this EstateAnswer answer) => answer.Succeeded ? Results.NoContent() : answer.ToProblem();

    public static IResult ToProblem(this EstateAnswer answer)
    {
        var (status, title) = answer.Code switch
        {
            EstateCode.Denied => (403, "Not allowed"),
            EstateCode.NotFound => (404, "Not found"),
            EstateCode.Outdated or EstateCode.NameTaken or EstateCode.LastSuperuser or EstateCode.OwnsResources or EstateCode.NotEmpty or EstateCode.InUse
                or EstateCode.BuiltIn or EstateCode.InvalidState or EstateCode.LastListener or EstateCode.OwnedByFile or EstateCode.AddressInUse
                or EstateCode.BindFailed => (409, "Conflict"),
            EstateCode.QueueFull => (429, "Too many"),
            EstateCode.Failed => (500, "Failed"),
            _ => (422, "Refused"),
        };
        return new ApiProblem(title, status, answer.Detail)
        {
            Code = RefusalBook.WordOf(answer.Code),
            Field = answer.Field.Length == 0 ? null : answer.Field,
        }.ToResult();
    }
}
