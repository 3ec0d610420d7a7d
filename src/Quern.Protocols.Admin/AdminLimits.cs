namespace Quern.Protocols.Admin;

/// <summary>What a peer may send. Administration protocol, "Connection states".</summary>
public static class AdminLimits
{
    /// <summary>Bytes of the first frame of a connection.</summary>
    public const int MaxSessionFrame = 4 * 1024;

    /// <summary>Bytes of a frame from a peer that has not logged in.</summary>
    public const int MaxLoginFrame = 16 * 1024;

    /// <summary>Bytes of a frame from a peer that has: four banner images.</summary>
    public const int MaxFrame = 4 * 1024 * 1024;

    /// <summary>Fields and list members of one payload at all depths: a byte or two of input each, but an object in memory.</summary>
    public const int MaxElements = 20_000;

    /// <summary>Messages in each other; the schema's deepest is 5.</summary>
    public const int MaxDepth = 16;

    internal const int MaxLengthBytes = 5;
}
