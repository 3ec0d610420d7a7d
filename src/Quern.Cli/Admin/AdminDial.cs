using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Quern.Protocols.Admin;

namespace Quern.Cli.Admin;

/// <summary>Opens a session with an administration listener whose certificate is the right one.</summary>
internal static class AdminDial
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <param name="pin">The fingerprint that is expected; null lets the authorities of this machine decide.</param>
    /// <param name="anyCertificate">Looks at none.</param>
    /// <exception cref="CommandFailedException">There is no such listener, or its certificate is not the right one.</exception>
    public static async Task<AdminClient> OpenAsync(
        AdminAddress server, CertificatePins pins, string? pin, bool anyCertificate, AdminClientOptions options, CancellationToken stop)
    {
        string shown = "";
        bool refused = false;
        using var patience = new CancellationTokenSource(s_patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, both.Token);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = server.Host,
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, certificate, _, problems) =>
                {
                    if (certificate is not X509Certificate2 whole) return false;
                    shown = CertificatePins.FingerprintOf(whole);
                    bool good = anyCertificate || (pin is null ? problems == SslPolicyErrors.None : CertificatePins.Fits(whole, pin));
                    refused = !good;
                    return good;
                },
            }, both.Token);
            return await AdminClient.OpenAsync(tls, options, TimeProvider.System, stop);
        }
        catch (AuthenticationException) when (refused)
        {
            socket.Dispose();
            throw new CommandFailedException(ExitCode.NoAccess, $"{server} was not trusted. {pins.Advice(shown)}");
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            socket.Dispose();
            throw new CommandFailedException(ExitCode.NoAccess, $"{server} did not answer within {s_patience.TotalSeconds:0} s.");
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            socket.Dispose();
            throw new CommandFailedException(ExitCode.NoAccess,
                $"No administration session with {server}: {e.Message.TrimEnd('.')}. A farm has no such listener until it is asked for: 'quern listener create admin'.");
        }
    }
}
