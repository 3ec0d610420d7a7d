using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Api;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Access;

/// <summary>Endpoint metadata: what it changes of the estate. One that needs a right of the estate, changes something and lacks this is for nobody.</summary>
public sealed record DoesAct(EstateAct Act);

/// <summary>How endpoints declare what they change of the estate.</summary>
internal static class ActDeclarations
{
    /// <summary>Something whose weight is the same whatever is asked for.</summary>
    public static TBuilder Does<TBuilder>(this TBuilder endpoint, EstateAct act) where TBuilder : IEndpointConventionBuilder => act.Weight == ActWeight.Judged
        ? throw new ArgumentException($"'{act}' is judged by what is asked for; say how.", nameof(act))
        : endpoint.WithMetadata(MetadataOf(act));

    /// <summary>Something that is grave or not by what is asked for, which the gate sees once it is read.</summary>
    /// <param name="isGrave">Of what the handler is called with.</param>
    public static RouteHandlerBuilder Does(this RouteHandlerBuilder endpoint, EstateAct act, Func<EndpointFilterInvocationContext, ValueTask<bool>> isGrave) =>
        endpoint.WithMetadata(MetadataOf(act)).AddEndpointFilter(async (call, next) =>
            await isGrave(call) && await call.HttpContext.RequestServices.GetRequiredService<ProofGate>().AsksAsync(call.HttpContext, act)
                ? ApiProblem.ProveAgain()
                : await next(call));

    /// <inheritdoc cref="Does(RouteHandlerBuilder, EstateAct, Func{EndpointFilterInvocationContext, ValueTask{bool}})"/>
    public static RouteHandlerBuilder Does(this RouteHandlerBuilder endpoint, EstateAct act, Func<EndpointFilterInvocationContext, bool> isGrave) =>
        endpoint.Does(act, call => ValueTask.FromResult(isGrave(call)));

    /// <summary>With the refusal, for the description of the API.</summary>
    private static object[] MetadataOf(EstateAct act) => act.Weight == ActWeight.Light
        ? [new DoesAct(act)]
        : [new DoesAct(act), new ProducesResponseTypeMetadata(StatusCodes.Status403Forbidden, typeof(ApiProblem), ["application/problem+json"])];

    /// <summary>What the body was read as.</summary>
    public static TRequest Asked<TRequest>(this EndpointFilterInvocationContext call) => call.Arguments.OfType<TRequest>().Single();

    /// <summary>A part of the route, as the handler gets it.</summary>
    public static string Part(this EndpointFilterInvocationContext call, string name) => call.HttpContext.Request.RouteValues[name] as string ?? "";
}
