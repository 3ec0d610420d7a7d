using System.Collections.Immutable;
using System.Globalization;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Scheduling.Matching;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Turns submissions of the API into the store's, and refuses what may not be.</summary>
internal sealed class JobSubmitter(FarmStore store, RecipeBuilds builds, MasterPaths paths, LimitSettings limits, TimeProvider time)
{
    public const int MaxTitle = 200;
    private const int MaxName = 200;
    private const int MaxSteps = 1000;
    private const int MaxNeeds = 1000;

    /// <summary>Takes all jobs of a request, or none.</summary>
    public async Task<Taken> SubmitAsync(SubmitRequest request, Principal who, CancellationToken cancellationToken)
    {
        if (request.Jobs.IsDefaultOrEmpty) return new Taken.Bad("'jobs' is empty: a submission holds at least one job.");
        if (request.Jobs.Length > limits.BatchJobs) return new Taken.Bad($"'jobs' holds {request.Jobs.Length} jobs; at most {limits.BatchJobs} are taken at once.");
        if (request.Batch is { Length: 0 or > MaxTitle }) return new Taken.Bad($"'batch' must be a title of 1 to {MaxTitle} characters.");
        if (request.IdempotencyKey is { Length: 0 or > 200 }) return new Taken.Bad("'idempotency_key' must have 1 to 200 characters.");

        var now = time.GetUtcNow();
        var ids = ImmutableArray.CreateRange(Enumerable.Range(0, request.Jobs.Length).Select(_ => JobId.Create(now)));
        var jobs = ImmutableArray.CreateBuilder<NewJob>(request.Jobs.Length);
        for (int i = 0; i < request.Jobs.Length; i++)
        {
            var job = request.Jobs[i];
            if (RefusalOf(job, who) is { } refused) return refused switch { Taken.Bad bad => new Taken.Bad($"jobs[{i}]: {bad.Why}"), _ => refused };
            var needs = ImmutableArray.CreateBuilder<JobId>(job.Needs.Length);
            foreach (string need in job.Needs)
            {
                if (await FindNeedAsync(need, ids, cancellationToken) is not { } id) return new Taken.Refused($"jobs[{i}] needs '{need}', which is not a job of the farm.");
                needs.Add(id);
            }
            jobs.Add(new NewJob
            {
                Id = ids[i],
                Title = job.Title ?? job.Recipe?.Name ?? job.Builder ?? "plan",
                Plan = job.Plan,
                Pool = PoolOf(job.Workers),
                Builder = job.Builder ?? "",
                Priority = job.Priority,
                Needs = needs.MoveToImmutable(),
            });
        }

        if (request.Jobs.All(j => j.Recipe is null)) return await StoreAsync(jobs.MoveToImmutable(), request, who, cancellationToken);
        return await StoreAsync(await builds.CompleteAsync(jobs.MoveToImmutable(), request.Jobs, cancellationToken), request, who, cancellationToken);
    }

    /// <summary>Stores what <see cref="RecipeBuilds"/> made, several jobs always as one batch.</summary>
    public async Task<Taken> StoreAsync(RecipeBuilds.Completed made, SubmitRequest request, Principal who, CancellationToken cancellationToken) => made switch
    {
        RecipeBuilds.Completed.Refused refused => new Taken.Refused(refused.Reason),
        RecipeBuilds.Completed.Ready ready => await StoreAsync(ready.Jobs, request with { Batch = request.Batch ?? TitleFor(ready.Jobs) }, who, cancellationToken),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Stores jobs that are already complete, as one batch when they have a title.</summary>
    public async Task<Taken> StoreAsync(ImmutableArray<NewJob> jobs, SubmitRequest request, Principal who, CancellationToken cancellationToken)
    {
        BatchId? batch = request.Batch is null ? null : BatchId.Create(time.GetUtcNow());
        var submission = new Submission(jobs)
        {
            Batch = batch,
            BatchTitle = request.Batch ?? "",
            ContinueOnFailure = request.ContinueOnFailure,
            // One user's key is not another's.
            IdempotencyKey = request.IdempotencyKey is { } key ? Limited($"{who.Name}/{key}") : null,
        };
        switch (await store.SubmitAsync(submission, who.Actor, cancellationToken))
        {
            case SubmitResult.Refused refused:
                return new Taken.Refused(refused.Reason);
            case SubmitResult.Accepted accepted:
                return new Taken.Accepted(new SubmitAnswer(
                    [.. accepted.Jobs.Select((j, i) => new SubmittedModel(j.Id.ToString(), j.Number, i < jobs.Length ? jobs[i].Title : ""))], accepted.Batch?.ToString()));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private Taken? RefusalOf(JobRequest? job, Principal who)
    {
        if (job is null) return new Taken.Bad("null is no job.");
        if (job.Needs.IsDefault || job.Needs.Any(n => n is null)) return new Taken.Bad("'needs' must be a list of ids, numbers or '@INDEX'.");
        if (job.Workers.IsDefault) return new Taken.Bad("'workers' must be a list of names.");
        if (job.Recipe is null == job.Plan is null) return new Taken.Bad("a job needs either 'recipe' or 'plan'.");
        if (job.Title is { Length: 0 or > MaxTitle }) return new Taken.Bad($"'title' must have 1 to {MaxTitle} characters.");
        if (job.Builder is { } builder && !IsPlace(builder)) return new Taken.Bad("'builder' must be 1 to 100 letters, digits, '.', '_' and '-', not beginning with '.' or '-': it names a folder of the worker.");
        if (job.Needs.Length > MaxNeeds) return new Taken.Bad($"'needs' holds over {MaxNeeds} jobs.");
        if (job.Workers.Length > MaxName) return new Taken.Bad($"'workers' holds over {MaxName} names.");
        foreach (string worker in job.Workers)
            if (!WorkerName.IsValid(worker) || worker.Contains('|', StringComparison.Ordinal) || worker.Contains(',', StringComparison.Ordinal))
                return new Taken.Bad($"'{worker}' is not a worker's name that a job can ask for.");
        if (job.Plan is not { } plan) return null;
        if (!who.May(Right.PlanRun)) return new Taken.Forbidden($"An explicit plan needs the right '{Right.PlanRun}', which {who.Name}'s token does not have.");
        if (plan.Steps.IsDefaultOrEmpty || plan.Steps.Length > MaxSteps) return new Taken.Bad($"'plan.steps' must hold 1 to {MaxSteps} steps.");
        // One after the other: the later checks rely on the earlier.
        string? problem = plan.Steps.Select(PlanChecks.Refuse).FirstOrDefault(why => why is not null)
            ?? PlanChecks.Refuse(plan)
            ?? PlanChecks.MasterPathsOf(plan).Select(paths.Refuse).FirstOrDefault(why => why is not null);
        return problem is null ? null : new Taken.Refused(problem);
    }

    /// <summary>An id or a number of the farm, or <c>@INDEX</c> of the same request; null when there is no such job.</summary>
    private async ValueTask<JobId?> FindNeedAsync(string need, ImmutableArray<JobId> ids, CancellationToken cancellationToken)
    {
        if (need is ['@', .. var digits])
            return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < ids.Length ? ids[index] : null;
        if (JobId.TryParse(need, out var id)) return id;
        return (await store.FindJobAsync(need, cancellationToken))?.Id;
    }

    private static string PoolOf(ImmutableArray<string> workers) =>
        workers.IsEmpty ? "" : new PoolRule.Requirement("worker", workers).ToString();

    private static bool IsPlace(string builder) =>
        builder.Length is > 0 and <= 100 && builder[0] is not ('.' or '-') && builder.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string? TitleFor(ImmutableArray<NewJob> jobs) => jobs.Length > 1 ? $"{jobs[0].Title} and {jobs.Length - 1} more" : null;

    private static string Limited(string key) => key.Length <= 200 ? key : Sha256Hash.Of(System.Text.Encoding.UTF8.GetBytes(key)).Hex;
}

/// <summary>What became of a request to submit.</summary>
internal abstract record Taken
{
    private Taken() { }

    public sealed record Accepted(SubmitAnswer Answer) : Taken;

    /// <summary>The request itself is wrong.</summary>
    public sealed record Bad(string Why) : Taken;

    /// <summary>The farm's rules or state forbid it.</summary>
    public sealed record Refused(string Why) : Taken;

    public sealed record Forbidden(string Why) : Taken;
}
