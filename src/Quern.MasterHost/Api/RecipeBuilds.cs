using System.Collections.Immutable;
using Quern.Graph;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Recipes;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Gathers what the rules of <see cref="BuildRequest"/> need from the store, and makes jobs of what they decide.</summary>
internal sealed class RecipeBuilds(FarmStore store, BuildEnvironments environments, TimeProvider time)
{
    /// <summary>Recipes that one request may lead to: a bound on its cost.</summary>
    private const int MaxRecipes = 50_000;

    private static readonly ImmutableArray<JobState> Unfinished = [JobState.Blocked, JobState.Ready, JobState.Running];

    /// <summary>Jobs, or why not.</summary>
    public abstract record Completed
    {
        private Completed() { }

        public sealed record Ready(ImmutableArray<NewJob> Jobs) : Completed;

        public sealed record Refused(string Reason) : Completed;
    }

    /// <summary>Completes the recipe jobs among <paramref name="jobs"/>, and adds those of dependencies that must be built first.</summary>
    /// <param name="jobs">One per request, in order.</param>
    public async Task<Completed> CompleteAsync(ImmutableArray<NewJob> jobs, ImmutableArray<JobRequest> requests, CancellationToken cancellationToken)
    {
        var all = jobs.ToBuilder();
        var kinds = new List<(BuildEnvironment Environment, string Architecture, bool WithDependencies, List<int> Indexes)>();
        for (int i = 0; i < requests.Length; i++)
        {
            if (requests[i].Recipe is not { } recipe) continue;
            if (!PackageName.IsValid(recipe.Name)) return new Completed.Refused($"'{recipe.Name}' is not a package name: {PackageName.Rule}.");
            if (!Words.TryParse(recipe.Environment, out var environment)) return new Completed.Refused($"'{recipe.Environment}' is not an environment: release or cross.");
            string architecture = recipe.Architecture ?? MachineArchitecture.Here;
            if (MachineArchitecture.Problem(architecture) is { } problem) return new Completed.Refused(problem);
            if (environments.Refusal(new PackageName(recipe.Name), environment) is { } unavailable) return new Completed.Refused(unavailable);
            var kind = kinds.Find(k => k.Environment == environment && k.Architecture == architecture && k.WithDependencies == recipe.WithDependencies);
            if (kind.Indexes is null) kinds.Add(kind = (environment, architecture, recipe.WithDependencies, []));
            kind.Indexes.Add(i);
        }
        foreach (var kind in kinds)
            if (await CompleteKindAsync(all, requests, kind.Environment, kind.Architecture, kind.WithDependencies, kind.Indexes, cancellationToken) is { } refusal)
                return new Completed.Refused(refusal);
        return new Completed.Ready(all.ToImmutable());
    }

    /// <summary>Jobs for every build of a plan, each behind those it needs.</summary>
    public async Task<Completed> JobsOfAsync(RebuildPlan plan, string architecture, CancellationToken cancellationToken)
    {
        if (plan.Builds.Select(b => environments.Refusal(b.Package, b.Environment)).FirstOrDefault(r => r is not null) is { } refusal)
            return new Completed.Refused(refusal);
        if (await UnfitAsync(plan.Builds.Select(b => b.Package), architecture, cancellationToken) is { } unfit) return new Completed.Refused(unfit);
        var now = time.GetUtcNow();
        var ids = plan.Builds.ToDictionary(b => b.Package, _ => JobId.Create(now));
        return new Completed.Ready([.. plan.Builds.Select(b => JobOf(b.Package, null, b.Environment, architecture) with
        {
            Id = ids[b.Package],
            Needs = [.. plan.NeedsOf(b.Package).Where(ids.ContainsKey).Select(n => ids[n])],
        })]);
    }

    /// <summary>Jobs for an ordered solution: every step waits for the one before.</summary>
    public async Task<Completed> JobsOfAsync(
        ImmutableArray<SolutionOrder.Build> builds, BuildEnvironment environment, string architecture, CancellationToken cancellationToken)
    {
        if (environments.Refusal(builds[0].Package, environment) is { } refusal) return new Completed.Refused(refusal);
        if (await UnfitAsync(builds.Select(b => b.Package), architecture, cancellationToken) is { } unfit) return new Completed.Refused(unfit);
        var now = time.GetUtcNow();
        var ids = builds.Select(_ => JobId.Create(now)).ToImmutableArray();
        return new Completed.Ready(
            [.. builds.Select((b, i) => JobOf(b.Package, null, environment, architecture) with { Id = ids[i], Needs = [.. b.Needs.Select(n => ids[n])] })]);
    }

    /// <summary>Why the first of some packages cannot be built for an architecture; null when all can.</summary>
    private async Task<string?> UnfitAsync(IEnumerable<PackageName> packages, string architecture, CancellationToken cancellationToken)
    {
        foreach (var package in packages)
        {
            if (await store.FindRecipeAsync(package, null, cancellationToken) is not { Deleted: false } stored) return $"There is no recipe '{package}'.";
            if (Unfit(stored.Recipe, architecture) is { } unfit) return unfit;
        }
        return null;
    }

    private static string? Unfit(Recipe recipe, string architecture) => recipe.Architectures.IsEmpty || recipe.Architectures.Contains(architecture)
        ? null
        : $"'{recipe.Name}' is not for {architecture}: its recipe names {string.Join(", ", recipe.Architectures)}.";

    private async Task<string?> CompleteKindAsync(
        ImmutableArray<NewJob>.Builder all, ImmutableArray<JobRequest> requests, BuildEnvironment environment, string architecture,
        bool withDependencies, List<int> indexes, CancellationToken cancellationToken)
    {
        var wanted = indexes.Select(i => (Index: i, Name: new PackageName(requests[i].Recipe!.Name), requests[i].Recipe!.Revision)).ToList();
        if (wanted.GroupBy(w => w.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) return $"'{twice.Key}' is asked for twice in one request.";
        var (facts, missing) = await GatherAsync(wanted.ToDictionary(w => w.Name, w => w.Revision), environment, architecture, cancellationToken);
        if (missing is not null) return missing;
        var decision = BuildRequest.Decide([.. wanted.Select(w => w.Name)], environment, facts, withDependencies);
        if (decision is BuildDecision.Refused refused) return refused.Reason;

        var go = ((BuildDecision.Go)decision).Builds;
        var now = time.GetUtcNow();
        var ids = go.Select((b, i) => i < wanted.Count ? all[wanted[i].Index].Id : JobId.Create(now)).ToImmutableArray();
        for (int i = 0; i < go.Length; i++)
        {
            var recipe = facts.Recipes[go[i].Package];
            if (Unfit(recipe, architecture) is { } unfit) return unfit;
            var job = JobOf(go[i].Package, i < wanted.Count ? wanted[i].Revision : null, environment, architecture) with
            {
                Id = ids[i],
                Needs = [.. go[i].NeedsBuilds.Select(n => ids[n]).Concat(go[i].NeedsJobs)],
            };
            if (i >= wanted.Count)
            {
                // What is built on the way is as urgent as what waits for it.
                all.Add(job with { Priority = wanted.Max(w => all[w.Index].Priority) });
                continue;
            }
            var asked = all[wanted[i].Index];
            all[wanted[i].Index] = job with
            {
                Title = requests[wanted[i].Index].Title ?? job.Title,
                Builder = asked.Builder,
                Priority = asked.Priority,
                Pool = asked.Pool.Length > 0 ? $"{asked.Pool},{job.Pool}" : job.Pool,
                Needs = [.. job.Needs.Concat(asked.Needs).Distinct()],
            };
        }
        return null;
    }

    private async Task<(BuildFacts Facts, string? Missing)> GatherAsync(
        Dictionary<PackageName, int?> wanted, BuildEnvironment environment, string architecture, CancellationToken cancellationToken)
    {
        var recipes = new Dictionary<PackageName, Recipe>();
        var built = new HashSet<PackageName>();
        var pending = new Dictionary<PackageName, JobId>();
        var facts = new BuildFacts { Recipes = recipes, Built = built, Pending = pending };
        var seen = new HashSet<PackageName>(wanted.Keys);
        var open = new Queue<PackageName>(wanted.Keys);
        while (open.TryDequeue(out var name))
        {
            int? revision = wanted.GetValueOrDefault(name);
            var stored = await store.FindRecipeAsync(name, revision, cancellationToken);
            if (stored is null or { Deleted: true })
            {
                if (revision is not null) return (facts, $"There is no revision {revision} of the recipe '{name}'.");
                continue;
            }
            if (recipes.Count >= MaxRecipes) return (facts, $"The request leads to over {MaxRecipes} recipes.");
            recipes[name] = stored.Recipe;
            if (!wanted.ContainsKey(name))
            {
                if (await store.FindArtifactAsync(name, environment, architecture, stored.Recipe.RealVersion, cancellationToken) is not null) built.Add(name);
                var jobs = await store.ListJobsAsync(new JobFilter { Package = name, States = Unfinished, Limit = 100 }, cancellationToken);
                if (jobs.FirstOrDefault(j => j.Environment == environment && j.Architecture == architecture) is { } job) pending[name] = job.Id;
            }
            foreach (var next in BuildRequest.NamesNeededBy(stored.Recipe, environment))
                if (seen.Add(next)) open.Enqueue(next);
        }
        return (facts, null);
    }

    private static NewJob JobOf(PackageName package, int? revision, BuildEnvironment environment, string architecture) => new()
    {
        Id = default,
        Title = environment == BuildEnvironment.Cross ? $"{package} (cross)" : package.Value,
        Package = package,
        RecipeRevision = revision,
        Environment = environment,
        Architecture = architecture,
        Pool = $"arch={architecture}",
    };
}
