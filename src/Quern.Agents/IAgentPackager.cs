namespace Quern.Agents;

/// <summary>Writes installable agents of one format. Pure: no clock, no name of a machine, no file; the same bundle gives the same bytes.</summary>
/// <remarks>
/// Nothing that people chose (names of groups, tags, addresses) is in any other place than <c>agent.json</c>: not in scripts, not in control
/// files, where it would be read as something else.
/// </remarks>
public interface IAgentPackager
{
    /// <summary>Its word, for instance <c>deb</c>.</summary>
    string Format { get; }

    /// <summary>Whether bundles must have a <see cref="AgentBundle.Base"/>.</summary>
    bool NeedsBase { get; }

    /// <summary>Why this platform cannot be had in this format; null when it can.</summary>
    string? Refuses(AgentPlatform platform);

    /// <summary>As the format's own tools would call the file.</summary>
    string FileNameOf(AgentBundle bundle);

    /// <param name="output">Written from where it stands; need not be seekable. Not closed.</param>
    void Write(AgentBundle bundle, Stream output);
}
