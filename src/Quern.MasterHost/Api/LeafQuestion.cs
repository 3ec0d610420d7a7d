namespace Quern.MasterHost.Api;

/// <summary>Endpoint metadata: for requests whose query begins with <c>get=</c>, and for no others.</summary>
internal sealed record LeafQuestion;
