using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.Planning;

namespace Quern.Peers.Recipes;

/// <summary>
/// What must be queued when somebody asks for builds: the packages themselves, the dependencies that have no finished package
/// yet, and the jobs that are on their way already. Pure: facts in, decision out.
/// </summary>
public static class BuildRequest
{
    /// <summary>Decides about one request.</summary>
    /// <param name="wanted">What was asked for, each once; built also when a finished package exists.</param>
    /// <param name="environment">Which kind of build.</param>
    /// <param name="facts">Must know every recipe that the wanted ones lead to (<see cref="NamesNeededBy"/>).</param>
    /// <param name="withDependencies">False: a dependency that is neither built nor on its way refuses the request.</param>
    public static BuildDecision Decide(ImmutableArray<PackageName> wanted, BuildEnvironment environment, BuildFacts facts, bool withDependencies = true) =>
        new Walk(wanted, environment, facts, withDependencies).Decide();

    /// <summary>What a package leads to: what its build needs, and what it needs itself to run.</summary>
    public static ImmutableArray<PackageName> NamesNeededBy(Recipe recipe, BuildEnvironment environment) =>
        [.. DependencyClosure.Direct(recipe, environment).Concat(recipe.Dependencies).Distinct()];

    private sealed class Walk(ImmutableArray<PackageName> wanted, BuildEnvironment environment, BuildFacts facts, bool withDependencies)
    {
        private readonly List<PackageName> _builds = [.. wanted.Distinct()];
        private readonly Dictionary<PackageName, int> _index = wanted.Distinct().Select((name, i) => (name, i)).ToDictionary();
        private readonly List<(ImmutableArray<int> Builds, ImmutableArray<JobId> Jobs)> _needs = [];

        public BuildDecision Decide()
        {
            foreach (var name in _builds)
                if (!facts.Recipes.ContainsKey(name)) return new BuildDecision.Refused($"There is no recipe '{name}'. Submit one first: quern submit FILE.");
            // The list grows while it is walked: a dependency that must be built has dependencies of its own.
            for (int i = 0; i < _builds.Count; i++)
                if (Needs(_builds[i]) is { } refusal) return new BuildDecision.Refused(refusal);
            if (FindCycle() is { } cycle)
                return new BuildDecision.Refused($"The recipes need each other in a circle, so none can be built first: {string.Join(" needs ", cycle)}. Take one of these names out of the dependencies or builddeps of the recipe that needs it.");
            return new BuildDecision.Go([.. _builds.Select((name, i) => new WantedBuild(name, _needs[i].Builds, _needs[i].Jobs, i < wanted.Distinct().Count()))]);
        }

        /// <summary>Adds the needs of one build; a sentence when they cannot be met.</summary>
        private string? Needs(PackageName package)
        {
            var builds = new SortedSet<int>();
            var jobs = new List<JobId>();
            var seen = new HashSet<PackageName>();
            var open = new Queue<(PackageName Name, PackageName By)>(DependencyClosure.Direct(facts.Recipes[package], environment).Select(n => (n, package)));
            while (open.TryDequeue(out var entry))
            {
                if (!seen.Add(entry.Name)) continue;
                if (!facts.Recipes.TryGetValue(entry.Name, out var recipe))
                    return $"'{entry.By}' needs '{entry.Name}', which has no recipe. Submit its recipe, or take the name out of '{entry.By}'.";
                if (_index.TryGetValue(entry.Name, out int known)) builds.Add(known);
                else if (facts.Pending.TryGetValue(entry.Name, out var job)) jobs.Add(job);
                else if (!facts.Built.Contains(entry.Name))
                {
                    if (!withDependencies) return $"'{entry.By}' needs '{entry.Name}', which has not been built for {Word}. Build it first, or ask for the build with its dependencies.";
                    _index[entry.Name] = _builds.Count;
                    builds.Add(_builds.Count);
                    _builds.Add(entry.Name);
                }
                // What stands in the root beside the dependency: what that needs to run.
                foreach (var next in recipe.Dependencies) open.Enqueue((next, entry.Name));
            }
            _needs.Add(([.. builds], [.. jobs]));
            return null;
        }

        private string Word => environment == BuildEnvironment.Cross ? "cross" : "release";

        /// <summary>A way from a build through its needs back to itself; null when there is none. Iterative: chains may be long.</summary>
        private IEnumerable<PackageName>? FindCycle()
        {
            var state = new byte[_builds.Count];   // 0 not seen, 1 on the path, 2 done
            var path = new List<(int Build, int Next)>();
            for (int root = 0; root < _builds.Count; root++)
            {
                if (state[root] != 0) continue;
                path.Add((root, 0));
                state[root] = 1;
                while (path.Count > 0)
                {
                    var (build, next) = path[^1];
                    if (next == _needs[build].Builds.Length)
                    {
                        state[build] = 2;
                        path.RemoveAt(path.Count - 1);
                        continue;
                    }
                    path[^1] = (build, next + 1);
                    int need = _needs[build].Builds[next];
                    if (state[need] == 1)
                        return path.SkipWhile(p => p.Build != need).Select(p => _builds[p.Build]).Append(_builds[need]);
                    if (state[need] == 2) continue;
                    state[need] = 1;
                    path.Add((need, 0));
                }
            }
            return null;
        }
    }
}

/// <summary>What the farm has, as far as a request touches it.</summary>
public sealed record BuildFacts
{
    /// <summary>The recipe of each package, its newest revision unless another was asked for.</summary>
    public required IReadOnlyDictionary<PackageName, Recipe> Recipes { get; init; }

    /// <summary>Packages whose recipe's real version has a finished package in the environment and architecture.</summary>
    public required IReadOnlySet<PackageName> Built { get; init; }

    /// <summary>Unfinished jobs that build a package in the environment and architecture; the newest of each.</summary>
    public required IReadOnlyDictionary<PackageName, JobId> Pending { get; init; }
}

/// <summary>What to queue, or why nothing.</summary>
public abstract record BuildDecision
{
    private BuildDecision() { }

    /// <param name="Builds">The wanted ones first, in the order asked; then their dependencies.</param>
    public sealed record Go(ImmutableArray<WantedBuild> Builds) : BuildDecision;

    /// <param name="Reason">One sentence with the names.</param>
    public sealed record Refused(string Reason) : BuildDecision;
}

/// <summary>One job to queue.</summary>
/// <param name="NeedsBuilds">Positions in the decision of the builds it waits for.</param>
/// <param name="NeedsJobs">Jobs queued earlier that it waits for.</param>
/// <param name="Asked">False for a dependency that is built on the way.</param>
public sealed record WantedBuild(PackageName Package, ImmutableArray<int> NeedsBuilds, ImmutableArray<JobId> NeedsJobs, bool Asked);
