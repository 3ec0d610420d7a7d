using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Quern.Protocols.Admin;

namespace Quern.Cli.Admin;

/// <summary>Messages as JSON, by protobuf's own mapping with the schema's names, and answers the same way.</summary>
internal static class AdminJson
{
    private const int MaxDepth = 32;

    private static readonly JsonFormatter s_formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
    private static readonly JsonFormatter s_whole = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithFormatDefaultValues(true));
    private static readonly JsonParser s_parser = new(JsonParser.Settings.Default.WithRecursionLimit(MaxDepth));

    /// <exception cref="CommandFailedException">The text is no such message; the sentence says where.</exception>
    public static IMessage Read(AdminType request, string json)
    {
        try
        {
            return s_parser.Parse(json.Trim().Length == 0 ? "{}" : json, request.Message);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new CommandFailedException(ExitCode.Usage, $"This is no {request}: {e.Message.TrimEnd('.')}. 'quern admin messages {request}' lists its fields.");
        }
    }

    /// <summary>With what is empty or zero, so that nobody wonders whether it was left out.</summary>
    public static JsonNode Of(IMessage message) => JsonNode.Parse(s_whole.Format(message))!;

    public static JsonNode Of(AdminReply reply)
    {
        switch (reply)
        {
            case AdminReply.Message message:
                return Of(message.Value);
            case AdminReply.Result result:
                var answer = new JsonObject { ["result"] = result.Name };
                if (result.Tail is not null)
                    foreach (var (name, value) in JsonNode.Parse(s_formatter.Format(result.Tail))!.AsObject().ToList()) answer[name] = value?.DeepClone();
                return answer;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>A request with its fields and what answers it, for people who write one.</summary>
    public static JsonObject Describe(AdminType request) => new()
    {
        ["message"] = request.Name,
        ["fields"] = Fields(request.Message!),
        ["answer"] = request.Answer switch
        {
            null => null,
            { IsResult: true } results => new JsonArray([.. results.Results.Select(r => JsonValue.Create(r))]),
            { } message => Fields(message.Message!),
        },
    };

    public static string TypeOf(FieldDescriptor field)
    {
        if (field.IsMap) return $"map of {TypeOf(field.MessageType.Fields[1])} to {TypeOf(field.MessageType.Fields[2])}";
        string type = field.FieldType switch
        {
            FieldType.Message => field.MessageType.Name,
            FieldType.Enum => string.Join("|", field.EnumType.Values.Select(v => v.Name)),
            FieldType.Bytes => "base 64",
            FieldType.Bool => "bool",
            FieldType.String => "string",
            _ => "number",
        };
        return field.IsRepeated ? $"list of {type}" : type;
    }

    private static JsonObject Fields(MessageDescriptor message, int depth = 0)
    {
        var fields = new JsonObject();
        foreach (var field in message.Fields.InDeclarationOrder())
            fields[field.Name] = field is { FieldType: FieldType.Message, IsMap: false } && depth < 4 ? Nested(field, depth) : TypeOf(field);
        return fields;
    }

    private static JsonNode Nested(FieldDescriptor field, int depth)
    {
        JsonNode inner = Fields(field.MessageType, depth + 1);
        return field.IsRepeated ? new JsonArray(inner) : inner;
    }
}
