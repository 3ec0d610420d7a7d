using System.Globalization;

namespace Quern.Cli.Admin;

/// <summary>Where an administration listener is.</summary>
internal sealed record AdminAddress(string Host, int Port)
{
    private const int CustomaryPort = 8768;

    public bool IsLoopback => Host == "localhost" || (System.Net.IPAddress.TryParse(Host, out var address) && System.Net.IPAddress.IsLoopback(address));

    /// <summary>For file names.</summary>
    public string FileName => $"{Host.Replace(':', '_')}-{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <exception cref="CommandFailedException">It is none.</exception>
    public static AdminAddress Parse(string text)
    {
        // With a scheme only to find host and port the way everybody writes them, IPv6 in brackets.
        if (!text.Contains("://", StringComparison.Ordinal) && Uri.TryCreate($"quern://{text}", UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.PathAndQuery is "" or "/")
            return new AdminAddress(uri.IdnHost, uri.Port is -1 ? CustomaryPort : uri.Port);
        throw new CommandFailedException(ExitCode.Usage, $"'{text}' is not the address of an administration listener: it is HOST:PORT, or HOST for port {CustomaryPort}.");
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
