using System.Collections.Immutable;
using Quern.Agents;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// What agents are made of: the programs <c>FOLDER/RID/quern-worker</c>, and the roots that images stand on, <c>FOLDER/RID/base.tar</c> or
/// <c>base.tar.gz</c>. For each of the two the first folder that has it is the one that counts.
/// </summary>
/// <param name="folders">Absolute; the operator's before the one that came with the program. They need not be there.</param>
internal sealed class AgentPayloads(ImmutableArray<string> folders)
{
    private const string Program = "quern-worker";
    private const long MaxProgramBytes = 256 << 20;

    private static readonly ImmutableArray<string> Bases = ["base.tar.gz", "base.tar"];

    /// <summary>What there is, in the order of <see cref="AgentPlatform.All"/>.</summary>
    public ImmutableArray<AgentPayload> List() => [.. AgentPlatform.All.Select(Find).OfType<AgentPayload>()];

    public AgentPayload? Find(AgentPlatform platform)
    {
        foreach (string folder in folders)
        {
            var file = new FileInfo(Path.Combine(folder, platform.Rid, Program));
            if (file.Exists) return new AgentPayload(platform, file.FullName, file.Length, BaseOf(platform));
        }
        return null;
    }

    /// <summary>The program's bytes, seen to be for its platform; null, and why, when they are not.</summary>
    public static async Task<(byte[]? Program, string Problem)> ReadAsync(AgentPayload payload, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = RegularFile.OpenRead(payload.Path);
            if (file.Length is 0 or > MaxProgramBytes) return (null, $"{payload.Path} has {file.Length} bytes; a program has from 1 to {MaxProgramBytes}.");
            byte[] bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, cancellationToken);
            return ElfProgram.Problem(bytes, payload.Platform) is { } problem
                ? (null, $"{payload.Path} cannot be used: {problem}. Put the quern-worker of {payload.Platform} there.")
                : (bytes, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{payload.Path} cannot be read: {e.Message}");
        }
    }

    /// <summary>What to tell somebody who wants a platform that is not there.</summary>
    public string Missing(AgentPlatform platform)
    {
        var there = List();
        string list = there.IsEmpty ? "none is there" : $"there is {string.Join(", ", there.Select(p => p.Platform.Rid))}";
        return $"There is no program for {platform}: {list}. Put a quern-worker that was published for it into {Path.Combine(folders[0], platform.Rid)}/.";
    }

    /// <summary>What to tell somebody who wants an image where no root is there.</summary>
    public string MissingBase(AgentPlatform platform) =>
        $"An image of {platform} needs a root to stand on. Put one as base.tar or base.tar.gz into {Path.Combine(folders[0], platform.Rid)}/; docs/operations/agents.md says how to make it.";

    private string? BaseOf(AgentPlatform platform) =>
        folders.SelectMany(folder => Bases.Select(name => Path.Combine(folder, platform.Rid, name))).FirstOrDefault(File.Exists);
}
