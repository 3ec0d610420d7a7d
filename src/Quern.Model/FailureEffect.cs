using System.Text.Json.Serialization;

namespace Quern.Model;

/// <summary>What the failure of one step means for its job.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FailureEffect>))]
public enum FailureEffect
{
    /// <summary>The job fails.</summary>
    [JsonStringEnumMemberName("fail")]
    Fail,

    /// <summary>The job can succeed, with a warning.</summary>
    [JsonStringEnumMemberName("warn")]
    Warn,

    /// <summary>Nothing; the step's own result still tells.</summary>
    [JsonStringEnumMemberName("ignore")]
    Ignore,
}
