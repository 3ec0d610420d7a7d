using System.Buffers;

namespace Quern.Protocols.Perspective;

/// <summary>Tags of jellied values and keys of a failure's state, in one place.</summary>
internal static class JellyWords
{
    public static ReadOnlySpan<byte> None => "None"u8;
    public static ReadOnlySpan<byte> Boolean => "boolean"u8;
    public static ReadOnlySpan<byte> True => "true"u8;
    public static ReadOnlySpan<byte> False => "false"u8;
    public static ReadOnlySpan<byte> Unicode => "unicode"u8;
    public static ReadOnlySpan<byte> List => "list"u8;
    public static ReadOnlySpan<byte> Tuple => "tuple"u8;
    public static ReadOnlySpan<byte> Set => "set"u8;
    public static ReadOnlySpan<byte> FrozenSet => "frozenset"u8;
    public static ReadOnlySpan<byte> Dictionary => "dictionary"u8;
    public static ReadOnlySpan<byte> Reference => "reference"u8;
    public static ReadOnlySpan<byte> Dereference => "dereference"u8;
    public static ReadOnlySpan<byte> Remote => "remote"u8;
    public static ReadOnlySpan<byte> Local => "local"u8;
    public static ReadOnlySpan<byte> Unpersistable => "unpersistable"u8;
    public static ReadOnlySpan<byte> Persistent => "persistent"u8;
    public static ReadOnlySpan<byte> Decimal => "decimal"u8;
    public static ReadOnlySpan<byte> CopyableFailure => "twisted.spread.pb.CopyableFailure"u8;

    private static readonly string[] Moments = ["datetime", "date", "time", "timedelta"];

    /// <summary>What the numbers of a moment are made of.</summary>
    public static SearchValues<byte> MomentAlphabet { get; } = SearchValues.Create(" -0123456789"u8);

    /// <summary>The kind of moment that a tag names, or null.</summary>
    public static string? MomentKind(ReadOnlySpan<byte> tag)
    {
        foreach (string kind in Moments)
            if (System.Text.Ascii.Equals(tag, kind)) return kind;
        return null;
    }

    public const string FailureCount = "count";
    public const string FailureType = "type";
    public const string FailureValue = "value";
    public const string FailureCaptureVars = "captureVars";
    public const string FailureFrames = "frames";
    public const string FailureStack = "stack";
    public const string FailureTb = "tb";
    public const string FailureParents = "parents";
    public const string FailureUnsafe = "unsafeTracebacks";
    public const string FailureTraceback = "traceback";
}
