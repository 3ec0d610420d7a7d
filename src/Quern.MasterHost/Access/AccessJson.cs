using System.Text.Json.Serialization;

namespace Quern.MasterHost.Access;

/// <summary>How rights are written in the store.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class AccessJson : JsonSerializerContext;
