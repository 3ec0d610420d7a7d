namespace Quern.Protocols.Branch;

/// <summary>
/// How long the body of a frame may be. The original has no bound at all; these leave room for everything its programs send.
/// </summary>
public static class BranchLimits
{
    /// <summary>Digits of a byte count. Ten write any count that is below the limits.</summary>
    public const int MaxCountDigits = 10;

    /// <summary>Before login. A login is under 200 bytes.</summary>
    public const int MaxStrangerBody = 64 * 1024;

    /// <summary>From a controller: the largest recipe has a few megabytes.</summary>
    public const int MaxControllerBody = 16 * 1024 * 1024;

    /// <summary>From a build bot: a log, or the list of all files of a package.</summary>
    public const int MaxBotBody = 64 * 1024 * 1024;

    /// <summary>Values and keys of one JSON text: bounds what reading it costs beside its bytes.</summary>
    public const int MaxJsonTokens = 1_000_000;

    /// <summary>Levels of one JSON text; no message has more than five.</summary>
    public const int MaxJsonDepth = 16;

    /// <summary>Things that a bot says about its machine.</summary>
    public const int MaxFacts = 64;

    /// <summary>Characters of one of them, name or value.</summary>
    public const int MaxFactCharacters = 1024;

    /// <summary>The limit of a role.</summary>
    public static int BodyOf(BranchRole role) => role switch
    {
        BranchRole.Controller => MaxControllerBody,
        BranchRole.Bot => MaxBotBody,
        _ => MaxStrangerBody,
    };
}
