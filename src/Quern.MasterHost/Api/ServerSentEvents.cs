using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Quern.MasterHost.Api;

/// <summary>Writes an event stream as browsers read it (HTML standard, "server-sent events").</summary>
internal static class ServerSentEvents
{
    public static void Begin(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // An answer without end is not a slow one.
        if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }

    /// <param name="data">UTF-8 without line ends.</param>
    public static void Write(IBufferWriter<byte> output, string? name, long? id, ReadOnlySpan<byte> data)
    {
        if (id is { } number) Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {number}\n"), output);
        if (name is not null) Encoding.UTF8.GetBytes($"event: {name}\n", output);
        output.Write("data: "u8);
        output.Write(data);
        output.Write("\n\n"u8);
    }
}
