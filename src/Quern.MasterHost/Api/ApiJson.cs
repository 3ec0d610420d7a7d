using System.Text.Json;
using System.Text.Json.Serialization;
using Quern.Model;

namespace Quern.MasterHost.Api;

/// <summary>How the API reads and writes JSON: snake case, unknown members refused, nothing by reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowOutOfOrderMetadataProperties = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(SubmitRequest))]
[JsonSerializable(typeof(SubmitAnswer))]
[JsonSerializable(typeof(JobModel))]
[JsonSerializable(typeof(JobPage))]
[JsonSerializable(typeof(CancelRequest))]
[JsonSerializable(typeof(WhyModel))]
[JsonSerializable(typeof(LogModel))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(BatchModel))]
[JsonSerializable(typeof(RebuildRequest))]
[JsonSerializable(typeof(RebuildAnswer))]
[JsonSerializable(typeof(RecipeSaveRequest))]
[JsonSerializable(typeof(RecipeSaveAnswer))]
[JsonSerializable(typeof(RecipeModel))]
[JsonSerializable(typeof(RecipePage))]
[JsonSerializable(typeof(RecipeHistoryModel))]
[JsonSerializable(typeof(RecipeDiffModel))]
[JsonSerializable(typeof(PackagePage))]
[JsonSerializable(typeof(PackageModel))]
[JsonSerializable(typeof(SourcePage))]
[JsonSerializable(typeof(SourceModel))]
[JsonSerializable(typeof(WorkerPage))]
[JsonSerializable(typeof(WorkerModel))]
[JsonSerializable(typeof(ListenerPage))]
[JsonSerializable(typeof(ListenerModel))]
[JsonSerializable(typeof(ListenerRequest))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(FarmModel))]
[JsonSerializable(typeof(Plan))]
internal sealed partial class ApiJson : JsonSerializerContext;
