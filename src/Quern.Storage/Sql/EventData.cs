using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quern.Model;

namespace Quern.Storage;

/// <summary>Writes the JSON object of a journal event. Members whose value is null or an empty text are left out.</summary>
internal static class EventData
{
    /// <summary>The same with where a change of the estate came from.</summary>
    public static string By(Actor actor, params ReadOnlySpan<(string Name, object? Value)> members) =>
        Of([.. members, ("address", actor.Address), ("door", actor.Door)]);

    public static string Of(params ReadOnlySpan<(string Name, object? Value)> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
            {
                switch (value)
                {
                    case null or "": break;
                    case string text: json.WriteString(name, text); break;
                    case long number: json.WriteNumber(name, number); break;
                    case int number: json.WriteNumber(name, number); break;
                    case JsonNode node:
                        json.WritePropertyName(name);
                        node.WriteTo(json);
                        break;
                    case bool flag: json.WriteBoolean(name, flag); break;
                    default: json.WriteString(name, value.ToString()); break;
                }
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
