namespace Quern.Protocols.Perspective;

/// <summary>Bounds that are checked before anything is allocated. The first three are Twisted's own and part of the protocol.</summary>
public static class BananaLimits
{
    /// <summary>Longest byte string, inclusive: 640 KiB. Twisted drops the connection beyond it.</summary>
    public const int MaxStringBytes = 640 * 1024;

    /// <summary>Most elements of one list, inclusive.</summary>
    public const int MaxListItems = 640 * 1024;

    /// <summary>Most prefix bytes before a type byte, inclusive.</summary>
    public const int MaxPrefixBytes = 64;

    /// <summary>Deepest nesting of lists. Twisted has no limit of its own but Python's recursion; real messages stay below 20.</summary>
    public const int MaxDepth = 128;
}
