using System.Net;
using Microsoft.AspNetCore.Http;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>What endpoints ask of the request they serve.</summary>
internal static class ApiContext
{
    /// <summary>Who asks; set by the access gate before every endpoint that is not open to all.</summary>
    public static Principal Principal(this HttpContext context) =>
        context.Features.Get<Principal>() ?? throw new InvalidOperationException("The endpoint is open to all and has no principal.");

    /// <summary>Who asks, and where from, for the desks of the estate.</summary>
    public static Caller Caller(this HttpContext context) => new(context.Principal(), context.From(), "http");

    /// <summary>Where the request comes from.</summary>
    public static IPAddress From(this HttpContext context) => context.Connection.RemoteIpAddress ?? IPAddress.None;
}
