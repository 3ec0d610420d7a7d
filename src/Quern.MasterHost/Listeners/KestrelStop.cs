using Microsoft.AspNetCore.Builder;

namespace Quern.MasterHost.Listeners;

/// <summary>Ends a web server.</summary>
internal static class KestrelStop
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Lets what is being answered end for a few seconds, then closes all connections.</summary>
    public static async ValueTask EndAsync(WebApplication app)
    {
        using var patience = new CancellationTokenSource(Patience);
        await app.StopAsync(patience.Token);
        await app.DisposeAsync();
    }
}
