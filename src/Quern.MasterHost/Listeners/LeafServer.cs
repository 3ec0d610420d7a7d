using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Api;
using Quern.MasterHost.Configuration;
using Quern.Peers.Buildbot;
using Quern.Peers.Ports;

namespace Quern.MasterHost.Listeners;

/// <summary>Serves Branch's HTTP API and nothing else to whoever comes in by a listener of that protocol. Started by the first who does.</summary>
internal sealed class LeafServer : IWorkerAcceptor, IAsyncDisposable
{
    private readonly InnerTransport _transport = new();
    private readonly WebApplication _app;
    private readonly Lock _lock = new();

    /// <summary>Null before the first connection.</summary>
    private Task? _started;
    private bool _over;

    public LeafServer(LeafAnswers answers, LimitSettings limits, Action<ILoggingBuilder> logging)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        logging(builder.Logging);
        builder.Services.AddSingleton<IConnectionListenerFactory>(_transport);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = limits.RequestBytes;
            kestrel.Listen(_transport.Place, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _app = builder.Build();
        _app.Run(answers.HandleAsync);
    }

    public Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken) => _transport.ServeAsync(stream, remote, cancellationToken);

    public async Task ServeAsync(AcceptedConnection connection, CancellationToken cancellationToken)
    {
        if (Started() is { } started) await started;
        await _transport.ServeAsync(connection, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Task? started;
        lock (_lock) (_over, started) = (true, _started);
        if (started is not null) await started;
        await KestrelStop.EndAsync(_app);
        await _transport.DisposeAsync();
    }

    /// <summary>When connections are served; null when they are not any more, and the transport closes them.</summary>
    private Task? Started()
    {
        lock (_lock) return _over ? null : _started ??= Task.Run(() => _app.StartAsync(CancellationToken.None));
    }
}
