namespace Quern.Protocols.Perspective;

/// <summary>The type byte of a Banana element; all are 0x80 or above, prefix bytes are below.</summary>
internal enum BananaType : byte
{
    /// <summary>Prefix: number of elements, which follow.</summary>
    List = 0x80,

    /// <summary>Prefix: the value, 0 to 2^31 - 1 from a canonical encoder.</summary>
    Integer = 0x81,

    /// <summary>Prefix: number of bytes, which follow.</summary>
    Bytes = 0x82,

    /// <summary>Prefix: the absolute value, up to 2^31 from a canonical encoder.</summary>
    Negative = 0x83,

    /// <summary>Eight bytes follow: IEEE-754 double, big endian. The prefix is ignored.</summary>
    Float = 0x84,

    /// <summary>Prefix: the value, 2^31 and above from a canonical encoder.</summary>
    LongInteger = 0x85,

    /// <summary>Prefix: the absolute value, above 2^31 from a canonical encoder.</summary>
    LongNegative = 0x86,

    /// <summary>Prefix: number in <see cref="PbVocabulary"/>; only in dialect <c>pb</c>.</summary>
    Vocabulary = 0x87,
}
