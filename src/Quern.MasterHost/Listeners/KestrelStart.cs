using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Quern.MasterHost.Listeners;

/// <summary>Opens and closes ports that speak HTTP.</summary>
internal static class KestrelStart
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    /// <summary>Null when the port is open, else why it cannot be had.</summary>
    public static async Task<SocketException?> TryStartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
            return null;
        }
        catch (IOException e)
        {
            return e.InnerException as SocketException ?? e.InnerException?.InnerException as SocketException ??
                new SocketException((int)(e.InnerException is AddressInUseException ? SocketError.AddressAlreadyInUse : SocketError.SocketError));
        }
        catch (SocketException e)
        {
            return e;
        }
    }

    /// <summary>Where an open one listens, with the port that was chosen when 0 was asked for.</summary>
    public static IPEndPoint EndPointOf(WebApplication app)
    {
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var uri = new Uri(address);
        return new IPEndPoint(IPAddress.Parse(uri.Host.Trim('[', ']')), uri.Port);
    }

    /// <summary>Lets what is being answered end for a few seconds, then closes all connections.</summary>
    public static async ValueTask StopAsync(WebApplication app)
    {
        using var patience = new CancellationTokenSource(StopPatience);
        await app.StopAsync(patience.Token);
        await app.DisposeAsync();
    }
}
