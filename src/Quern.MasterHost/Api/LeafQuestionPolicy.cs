using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Api;

/// <summary>Where a question of Branch's HTTP API and a page of the console have one address, the query decides.</summary>
internal sealed class LeafQuestionPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsForQuestions);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        bool question = BranchHttpRouting.IsQuestion((httpContext.Request.QueryString.Value ?? "").AsSpan().TrimStart('?'));
        bool answered = Enumerable.Range(0, candidates.Count).Any(i => IsForQuestions(candidates[i].Endpoint));
        for (int i = 0; i < candidates.Count; i++)
        {
            bool fits = IsForQuestions(candidates[i].Endpoint) ? question : !(question && answered);
            if (!fits) candidates.SetValidity(i, false);
        }
        return Task.CompletedTask;
    }

    private static bool IsForQuestions(Endpoint endpoint) => endpoint.Metadata.GetMetadata<LeafQuestion>() is not null;
}
