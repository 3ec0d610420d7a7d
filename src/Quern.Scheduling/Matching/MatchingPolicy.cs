namespace Quern.Scheduling.Matching;

/// <summary>Bounds of one choice.</summary>
public sealed record MatchingPolicy
{
    public static MatchingPolicy Default { get; } = new();

    /// <summary>Most jobs given out in one choice, so that the claims of one round stay one short transaction.</summary>
    public int MaxAssignments { get; init; } = 1_000;

    /// <summary>Whether a worker may run two jobs of one builder at once; a Buildbot builder never does.</summary>
    public bool SeveralJobsOfABuilder { get; init; }
}
