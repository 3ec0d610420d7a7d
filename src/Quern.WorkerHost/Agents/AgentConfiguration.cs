using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>What an agent was made with: where its farm is, what that shows, and the key that lets it in once.</summary>
internal sealed record AgentConfiguration
{
    public const int MaxBytes = 64 * 1024;
    private const int MaxAddresses = 32;
    private const int MaxPins = 8;
    private const string Protocol = "buildbot-msgpack";

    /// <summary>For people; the farm knows which group the key is of.</summary>
    public required string Group { get; init; }

    /// <summary>The farm's listeners for administration, in the order to try.</summary>
    public required ImmutableArray<(string Host, int Port)> Farm { get; init; }

    /// <summary>Where it works, in the order to try.</summary>
    public required ImmutableArray<MasterAddress> Masters { get; init; }

    /// <summary>The farm's certificate has one of these public keys.</summary>
    public required ImmutableArray<CertificatePin> Pins { get; init; }

    /// <summary>Good once; worth nothing after the first connection.</summary>
    public required string Key { get; init; }

    public required DateTimeOffset KeyExpires { get; init; }

    /// <summary>What the farm gives it, for people: the farm goes by its key, not by this file.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    public int Slots { get; init; } = 1;

    /// <summary>What it would like to be called; null for the machine's name.</summary>
    public string? Name { get; init; }

    /// <summary>Null with a sentence for people when the file cannot be used.</summary>
    public static AgentConfiguration? Read(string path, out string problem)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new FormatException($"has more than {MaxBytes} bytes");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8 });
            problem = "";
            return Of(document.RootElement);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot read the agent's configuration: {e.Message}";
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            problem = $"the agent's configuration {path} cannot be used: it {(e is JsonException ? $"is no JSON ({e.Message})" : e.Message)}";
        }
        return null;
    }

    /// <summary>Without its key.</summary>
    public override string ToString() => $"agent of {Group}";

    private static AgentConfiguration Of(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("is no object");
        if (Number(root, "version", 0, int.MaxValue) != 1) throw new FormatException("has another 'version' than 1; take a newer quern-worker");
        if (Text(root, "protocol") != Protocol) throw new FormatException($"has another 'protocol' than {Protocol}");
        if (!DateTimeOffset.TryParse(Text(root, "keyExpires"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires))
            throw new FormatException("has no time in 'keyExpires'");
        string? name = root.TryGetProperty("name", out _) ? Text(root, "name") : null;
        if (name is { Length: > 0 } && !WorkerName.IsValid(name)) throw new FormatException($"has a 'name' that is not {WorkerName.Rule}");
        return new AgentConfiguration
        {
            Group = Text(root, "group"),
            Farm = [.. Texts(root, "farm", 1, MaxAddresses).Select(HostAndPort)],
            Masters = [.. Texts(root, "masters", 1, MaxAddresses).Select(Master)],
            Pins = [.. Texts(root, "spki", 1, MaxPins).Select(t => CertificatePin.TryParse(t) ?? throw new FormatException($"has '{t}' in 'spki', which is no SHA-256"))],
            Key = Text(root, "key"),
            KeyExpires = expires,
            Tags = root.TryGetProperty("tags", out _) ? Texts(root, "tags", 0, MaxAddresses) : [],
            Slots = root.TryGetProperty("slots", out _) ? Number(root, "slots", 1, 1024) : 1,
            Name = name is { Length: > 0 } ? name : null,
        };
    }

    private static (string, int) HostAndPort(string text) =>
        Uri.TryCreate($"tcp://{text}", UriKind.Absolute, out var uri) && uri.Port > 0 && uri.PathAndQuery is "" or "/"
            ? (uri.IdnHost, uri.Port)
            : throw new FormatException($"has '{text}' in 'farm', which is not HOST:PORT");

    private static MasterAddress Master(string text)
    {
        if (!MasterAddress.TryParse(text, out var address, out string problem)) throw new FormatException($"has in 'masters': {problem}");
        // Anything else would give the farm's work to whoever sits in between.
        return address is { Protocol: MasterProtocol.MessagePack, Endpoint: ClientEndpoint.Tls }
            ? address
            : throw new FormatException($"has '{text}' in 'masters'; an agent works over wss:// alone");
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value is { ValueKind: JsonValueKind.String } && value.GetString() is { Length: < 1024 } text
            ? text
            : throw new FormatException($"has no text in '{name}'");

    private static int Number(JsonElement root, string name, int least, int most) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most
            ? number
            : throw new FormatException($"has no number from {least} to {most} in '{name}'");

    private static ImmutableArray<string> Texts(JsonElement root, string name, int least, int most)
    {
        if (!root.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() < least || list.GetArrayLength() > most)
            throw new FormatException($"has no list of {least} to {most} texts in '{name}'");
        return
        [
            .. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String && e.GetString() is { Length: < 1024 } text
                ? text
                : throw new FormatException($"has something else than a text in '{name}'")),
        ];
    }
}
