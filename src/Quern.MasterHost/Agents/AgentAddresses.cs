using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Quern.MasterHost.Configuration;

namespace Quern.MasterHost.Agents;

/// <summary>Where an agent finds its farm.</summary>
/// <param name="Farm"><c>HOST:PORT</c> of listeners for administration, in the order to try.</param>
/// <param name="Masters"><c>wss://HOST:PORT</c> of listeners for workers.</param>
/// <param name="KeyPins">As <see cref="FarmDoors.KeyPins"/>.</param>
internal sealed record AgentAddresses(ImmutableArray<string> Farm, ImmutableArray<string> Masters, ImmutableArray<string> KeyPins)
{
    private const int MaxAddresses = 8;

    /// <summary>From what was asked for and what is open; null, and what to do, when an agent would find nobody.</summary>
    /// <param name="asked"><c>HOST:PORT</c> of the listener for administration, checked; empty for what the farm knows of itself.</param>
    public static (AgentAddresses? Addresses, string Problem) Choose(ImmutableArray<string> asked, FarmDoors doors)
    {
        if (doors.Admin.IsEmpty)
            return (null, "No listener for administration is open that lets agents in, so an agent could not join. Open one: quern listener add admin=ADDRESS:8768.");
        if (doors.Masters.IsEmpty)
            return (null, $"No listener {ListenerProtocols.BuildbotMessagePack} with TLS is open, so an agent would have nowhere to work. Open one: quern listener add {ListenerProtocols.BuildbotMessagePack}=ADDRESS:9990 --tls farm.");
        var hosts = asked.IsEmpty ? HostsOf(doors.Admin) : [.. asked.Select(HostOf).Distinct()];
        var farm = asked.IsEmpty ? [.. doors.Admin.SelectMany(d => HostsOf([d]).Select(h => With(h, d.Port))).Distinct().Take(MaxAddresses)] : asked;
        var masters = doors.Masters.SelectMany(d => (asked.IsEmpty ? HostsOf([d]) : hosts).Select(h => $"wss://{With(h, d.Port)}")).Distinct().Take(MaxAddresses);
        return (new AgentAddresses(farm, [.. masters], doors.KeyPins), "");
    }

    /// <summary>How others reach what is bound to these addresses: one that means every address is this machine's name and what its interfaces have.</summary>
    private static ImmutableArray<string> HostsOf(ImmutableArray<IPEndPoint> doors) =>
        [.. doors.SelectMany(d => IsAny(d.Address) ? OfThisMachine() : [d.Address.ToString()]).Distinct()];

    private static IEnumerable<string> OfThisMachine()
    {
        string name = Dns.GetHostName();
        if (name.Length > 0 && name != "localhost") yield return name;
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal).ToList();
        foreach (var address in addresses.OrderBy(a => a.AddressFamily)) yield return address.ToString();
        if (addresses.Count == 0) yield return "127.0.0.1";
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static string HostOf(string address) => address[..address.LastIndexOf(':')].Trim('[', ']');

    private static string With(string host, int port) => IPAddress.TryParse(host, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6
        ? string.Create(CultureInfo.InvariantCulture, $"[{host}]:{port}")
        : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
}
