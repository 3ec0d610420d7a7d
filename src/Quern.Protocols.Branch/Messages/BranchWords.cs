namespace Quern.Protocols.Branch;

/// <summary>The two forms of the protocol. They share framing and port.</summary>
public enum BranchDialect
{
    /// <summary>Command words, 2022-08 to 2023-03 (V1a, V1b).</summary>
    V1,

    /// <summary>JSON objects, from 2023-04 on (V2.0 and V2.1, told apart by <c>machine_version</c>).</summary>
    V2,
}

/// <summary>What a peer is; decides which commands it has.</summary>
public enum BranchRole
{
    /// <summary>Not logged in.</summary>
    Stranger,

    /// <summary><c>CONTROLLER</c>: a command line client.</summary>
    Controller,

    /// <summary><c>BUILD</c>: a build bot.</summary>
    Bot,
}

/// <summary>The environment a build is asked for.</summary>
public enum BranchBuildType
{
    Release,
    Cross,
}

/// <summary>Words of the protocol that are no commands.</summary>
public static class BranchWords
{
    public const string Controller = "CONTROLLER";
    public const string Bot = "BUILD";
    public const string Release = "RELEASE";
    public const string Cross = "CROSS";

    /// <summary>The first text in a successful V2 login.</summary>
    public const string LoggedOn = "Authentication completed.";

    /// <summary>The role of a machine type; null for any other text.</summary>
    public static BranchRole? RoleOf(string type) => type switch
    {
        Controller => BranchRole.Controller,
        Bot => BranchRole.Bot,
        _ => null,
    };

    public static string Of(BranchBuildType type) => type == BranchBuildType.Cross ? Cross : Release;

    /// <summary>The environment of a word; null for any other text.</summary>
    public static BranchBuildType? BuildTypeOf(string word) => word switch
    {
        Release => BranchBuildType.Release,
        Cross => BranchBuildType.Cross,
        _ => null,
    };

    /// <summary>The dialect of a connection, from the body of its first frame: an object opens every V2 conversation.</summary>
    public static BranchDialect DialectOf(ReadOnlySpan<byte> firstBody) =>
        firstBody.TrimStart(" \t\r\n"u8).StartsWith("{"u8) ? BranchDialect.V2 : BranchDialect.V1;
}
