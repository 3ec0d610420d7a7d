namespace Quern.Protocols.Buildbot;

/// <summary>How a <see cref="MsgPackCodec"/> decodes.</summary>
public sealed record MsgPackCodecOptions
{
    public MsgPackLimits Limits { get; init; } = MsgPackLimits.Default;

    /// <summary>Chosen by the handshake: a worker of v1 sends no login with its opening request.</summary>
    public BuildbotRevision Revision { get; init; }

    public BuildbotSide Side { get; init; } = BuildbotSide.Observer;

    /// <summary>
    /// False passes over the newline indexes and all but the first time of an update's text, which no master looks at.
    /// </summary>
    public bool KeepLineTables { get; init; } = true;

    /// <summary>As a master decodes what its workers send.</summary>
    public static MsgPackCodecOptions ForMaster { get; } = new() { Side = BuildbotSide.Master, KeepLineTables = false };

    /// <summary>As a worker decodes what its master sends.</summary>
    public static MsgPackCodecOptions ForWorker { get; } = new() { Side = BuildbotSide.Worker };
}
