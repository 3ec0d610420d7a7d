using System.Text.Json.Serialization;

namespace Quern.Packaging.Roots;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RootTemplate))]
internal sealed partial class RootJson : JsonSerializerContext;
