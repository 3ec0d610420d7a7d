namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>What a master hands to a worker with a command. buildbot-pb.md sections 8.5 and 8.6.</summary>
public enum MasterObject
{
    /// <summary>Takes <c>update</c> and <c>complete</c>.</summary>
    Step,

    /// <summary>Takes the file of an upload.</summary>
    FileWriter,

    /// <summary>Takes the tar of a folder.</summary>
    DirectoryWriter,

    /// <summary>Gives the file of a download.</summary>
    FileReader,
}
