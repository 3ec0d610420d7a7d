namespace Quern.Protocols.Perspective;

/// <summary>Names of the broker's messages, in one place.</summary>
internal static class PerspectiveWords
{
    public static ReadOnlySpan<byte> Version => "version"u8;
    public static ReadOnlySpan<byte> Message => "message"u8;
    public static ReadOnlySpan<byte> Answer => "answer"u8;
    public static ReadOnlySpan<byte> Error => "error"u8;
    public static ReadOnlySpan<byte> Decref => "decref"u8;
    public static ReadOnlySpan<byte> DidNotUnderstand => "didNotUnderstand"u8;

    public const string DialectPb = "pb";
    public const string DialectNone = "none";
    public const string Root = "root";
}
