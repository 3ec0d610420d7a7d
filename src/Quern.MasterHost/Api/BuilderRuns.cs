using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Pipelines;
using Quern.Scheduling.Matching;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>From a wish to run a builder to a job: the plan is compiled here, and goes the road of every explicit plan.</summary>
internal sealed class BuilderRuns(JobSubmitter submitter, MasterPaths paths, TimeProvider time)
{
    private const int MaxProperties = 1000;

    public async Task<Taken> RunAsync(Builder builder, RunRequest request, Principal who, CancellationToken cancellationToken)
    {
        if (request.Properties.Count > MaxProperties) return new Taken.Bad($"'properties' holds over {MaxProperties} values.");
        // JSON may bring a null where the type allows none.
        if (request.Properties.FirstOrDefault(p => p.Value is null) is { Key: { } missing }) return new Taken.Bad($"'properties.{missing}' must be a text, not null.");
        if (request.Title is { Length: 0 or > JobSubmitter.MaxTitle }) return new Taken.Bad($"'title' must have 1 to {JobSubmitter.MaxTitle} characters.");
        if (request.IdempotencyKey is { Length: 0 or > 200 }) return new Taken.Bad("'idempotency_key' must have 1 to 200 characters.");
        var id = JobId.Create(time.GetUtcNow());
        switch (BuilderCompiler.Compile(builder, request.Properties, id))
        {
            case CompileResult.Refused refused:
                return new Taken.Refused(string.Join(" ", refused.Reasons.Select(Sentence)));
            case CompileResult.Compiled compiled:
                if (PlanChecks.MasterPathsOf(compiled.Plan).Select(paths.Refuse).FirstOrDefault(why => why is not null) is { } problem)
                    return new Taken.Refused(problem);
                var job = new NewJob
                {
                    Id = id,
                    Title = request.Title ?? builder.Name,
                    Plan = compiled.Plan,
                    Pool = PoolOf(builder),
                    Builder = builder.Name,
                    Locks = builder.Locks,
                    Priority = request.Priority ?? builder.Priority,
                };
                return await submitter.StoreAsync([job], new SubmitRequest { Jobs = [], IdempotencyKey = request.IdempotencyKey }, who, cancellationToken);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Which workers may run it, as <see cref="PoolRule"/> reads it.</summary>
    private static string PoolOf(Builder builder)
    {
        var requirements = builder.Tags.Select(t => t.Contains('=', StringComparison.Ordinal) ? t : new PoolRule.Requirement("tag", [t]).ToString());
        return string.Join(',', builder.Workers.IsEmpty ? requirements : requirements.Prepend(new PoolRule.Requirement("worker", builder.Workers).ToString()));
    }

    private static string Sentence(string reason) => char.ToUpperInvariant(reason[0]) + reason[1..];
}
