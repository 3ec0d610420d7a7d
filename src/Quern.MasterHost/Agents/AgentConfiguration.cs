using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quern.MasterHost.Agents;

/// <summary>What is in an agent's <c>agent.json</c>.</summary>
/// <param name="Group">The name of its group.</param>
/// <param name="Farm">Listeners for administration, <c>HOST:PORT</c>, in the order to try.</param>
/// <param name="Masters">Where it works then, <c>wss://HOST:PORT</c>.</param>
/// <param name="Protocol">Spoken with <paramref name="Masters"/>.</param>
/// <param name="Spki">SHA-256 of the farm's public keys in Base64: it talks to nobody else.</param>
/// <param name="Key">Lets it in, once.</param>
/// <param name="KeyExpires">ISO 8601, UTC.</param>
internal sealed record AgentConfiguration(
    int Version, string Group, ImmutableArray<string> Farm, ImmutableArray<string> Masters, string Protocol, ImmutableArray<string> Spki,
    string Key, string KeyExpires, ImmutableArray<string> Tags, int Slots)
{
    private const int ThisVersion = 1;

    public static AgentConfiguration For(CheckedOrder order, AgentAddresses addresses, string key, DateTimeOffset keyExpires) => new(
        ThisVersion, order.GroupName, addresses.Farm, addresses.Masters, Configuration.ListenerProtocols.BuildbotMessagePack, addresses.KeyPins,
        key, keyExpires.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), order.Tags, order.Slots);

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, AgentConfigurationJson.Default.AgentConfiguration), (byte)'\n'];

    /// <summary>Without its key.</summary>
    public override string ToString() => $"agent.json of group {Group}";
}

/// <summary>How <c>agent.json</c> is written: as people read it, since they may have to.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(AgentConfiguration))]
internal sealed partial class AgentConfigurationJson : JsonSerializerContext;
