using System.Text.Json;
using System.Text.Json.Serialization;
using Quern.Model;

namespace Quern.Storage;

/// <summary>How the model's records stand in TEXT columns.</summary>
internal static class StorageJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters =
        {
            new TextConverter<PackageName>(text => new PackageName(text)),
            new TextConverter<WorkerName>(text => new WorkerName(text)),
            new TextConverter<Sha256Hash>(text => Sha256Hash.TryParse(text, out var hash) ? hash : throw new JsonException("not a SHA-256")),
            new TextConverter<JobId>(text => JobId.TryParse(text, out var id) ? id : throw new JsonException("not a job id")),
        },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string text) =>
        JsonSerializer.Deserialize<T>(text, Options) ?? throw new JsonException("The database holds null where a value must be.");

    /// <summary>For names and hashes: their text form and nothing else.</summary>
    private sealed class TextConverter<T>(Func<string, T> parse) : JsonConverter<T> where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
