using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>An agent that was ordered, and how far it is. Secrets of a deployment are no part of it.</summary>
/// <param name="Id">A UUID as text.</param>
/// <param name="Shelf">Names the folder that its file is in, and so the master that builds it.</param>
/// <param name="Team">The group's id.</param>
/// <param name="Group">The group's name when it was ordered.</param>
/// <param name="By">Who ordered it, and where from.</param>
public sealed record StoredAgentBuild(string Id, string Shelf, string Team, string Group, string Platform, string Format, Actor By, DateTimeOffset OrderedAt)
{
    public ImmutableArray<string> Tags { get; init; } = [];

    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>From 1.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>The machine that it is brought to, without secrets; empty for a build alone.</summary>
    public string Target { get; init; } = "";

    public AgentBuildStanding Standing { get; init; } = new("queued", 0, "");
}

/// <summary>How far a build is.</summary>
/// <param name="Step">A word of whoever builds.</param>
/// <param name="Percent">0 to 100.</param>
/// <param name="Message">For people.</param>
public sealed record AgentBuildStanding(string Step, int Percent, string Message)
{
    /// <summary>How often it was begun; more than once when a master ended meanwhile.</summary>
    public int Attempts { get; init; }

    /// <summary>The id of the enrolment key inside; empty until it is made.</summary>
    public string EnrolmentKey { get; init; } = "";

    /// <summary>Null when there is no file.</summary>
    public AgentBuildFile? File { get; init; }

    /// <summary>When all of it is forgotten; null until it ends.</summary>
    public DateTimeOffset? KeptUntil { get; init; }
}

/// <param name="Name">For whoever fetches it.</param>
public sealed record AgentBuildFile(string Name, long Bytes, Sha256Hash Sha256);

/// <summary>What the journal says of a build: it is kept with the step that it tells of.</summary>
/// <param name="Kind">One of <see cref="EventKinds"/>.</param>
/// <param name="Facts">Without secrets. Those that are empty are left out.</param>
public sealed record AgentBuildNote(string Kind, params ImmutableArray<(string Name, string Value)> Facts);
