using System.Text.Json.Serialization;

namespace Quern.MasterHost.Api;

/// <summary>
/// How the API writes its answers: snake case, by generated code. Requests are read by reflection (<see cref="HttpApi"/>), because
/// generated code forgets the defaults of members that a request leaves out.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(SubmitAnswer))]
[JsonSerializable(typeof(JobModel))]
[JsonSerializable(typeof(JobPage))]
[JsonSerializable(typeof(BuilderPage))]
[JsonSerializable(typeof(BuilderModel))]
[JsonSerializable(typeof(WhyModel))]
[JsonSerializable(typeof(LogModel))]
[JsonSerializable(typeof(BatchModel))]
[JsonSerializable(typeof(BatchPlanAnswer))]
[JsonSerializable(typeof(RebuildAnswer))]
[JsonSerializable(typeof(RecipeSaveAnswer))]
[JsonSerializable(typeof(RecipeModel))]
[JsonSerializable(typeof(RecipePage))]
[JsonSerializable(typeof(RecipeHistoryModel))]
[JsonSerializable(typeof(RecipeDiffModel))]
[JsonSerializable(typeof(PackagePage))]
[JsonSerializable(typeof(PackageModel))]
[JsonSerializable(typeof(LeafPage))]
[JsonSerializable(typeof(SourcePage))]
[JsonSerializable(typeof(SourceModel))]
[JsonSerializable(typeof(WorkerPage))]
[JsonSerializable(typeof(WorkerModel))]
[JsonSerializable(typeof(WorkerCredentialAnswer))]
[JsonSerializable(typeof(AgentPage))]
[JsonSerializable(typeof(AgentModel))]
[JsonSerializable(typeof(AgentUpgradeModel))]
[JsonSerializable(typeof(EnrolmentKeyPage))]
[JsonSerializable(typeof(EnrolmentKeyAnswer))]
[JsonSerializable(typeof(ListenerPage))]
[JsonSerializable(typeof(ListenerModel))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(OwnAccountModel))]
[JsonSerializable(typeof(TotpBegun))]
[JsonSerializable(typeof(RecoveryCodesModel))]
[JsonSerializable(typeof(FarmModel))]
internal sealed partial class ApiJson : JsonSerializerContext;
