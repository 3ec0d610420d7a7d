using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Api;
using Quern.MasterHost.Configuration;

namespace Quern.MasterHost.Listeners;

/// <summary>Opens ports that speak Branch's HTTP API and nothing else.</summary>
internal sealed class LeafListener(LeafAnswers answers, LimitSettings limits, Action<ILoggingBuilder> logging)
{
    /// <summary>Connections of one door at once; who comes beyond them is closed.</summary>
    private const int MaxConnections = 4096;

    /// <exception cref="SocketException">The port cannot be had.</exception>
    public async Task<OpenDoor> OpenAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        logging(builder.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = limits.RequestBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Run(answers.HandleAsync);
        if (await KestrelStart.TryStartAsync(app, cancellationToken) is not { } problem)
            return new OpenDoor(KestrelStart.EndPointOf(app), () => KestrelStart.StopAsync(app));
        await app.DisposeAsync();
        throw problem;
    }
}
