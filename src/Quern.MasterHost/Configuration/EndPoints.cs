using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Quern.MasterHost.Configuration;

/// <summary>Addresses with ports as people write them: <c>127.0.0.1:8010</c>, <c>[::1]:8010</c>, <c>localhost:8010</c>.</summary>
public static class EndPoints
{
    /// <summary>Both parts must be there; 0 to 65535 is a port.</summary>
    public static bool TryParse(string text, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)) return false;
        string host = text[..colon];
        bool bracketed = host is ['[', .., ']'];
        if (!TryParseAddress(bracketed ? host[1..^1] : host, out var address)) return false;
        if (bracketed != (address.AddressFamily == AddressFamily.InterNetworkV6)) return false;
        endPoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>An IP address in its usual form that a machine can have, or <c>localhost</c>. An IPv4 address written as one of IPv6 is that of IPv4.</summary>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        address = IPAddress.Loopback;
        if (text == "localhost") return true;
        // IPAddress also reads "1" and "0x7f.1"; nobody means those.
        if (!IPAddress.TryParse(text, out var parsed)) return false;
        if (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != text) return false;
        if (parsed.IsIPv4MappedToIPv6) parsed = parsed.MapToIPv4();
        // The system opens ports at addresses of many machines too, and nobody ever comes in by them.
        bool isOfMany = parsed.IsIPv6Multicast || (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.GetAddressBytes()[0] >= 224);
        if (isOfMany) return false;
        address = parsed;
        return true;
    }

    public static string Text(IPAddress address, int port) => new IPEndPoint(address, port).ToString();
}
