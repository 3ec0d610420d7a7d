namespace Quern.Protocols;

/// <summary>What came of an attempt to decode. Bad input is a value, never an exception.</summary>
public enum DecodeStatus
{
    Success,

    /// <summary>The input ends inside the item; the input is untouched.</summary>
    NeedMore,

    /// <summary>No continuation of the input can make it valid.</summary>
    Malformed,

    /// <summary>A length, count or depth goes beyond the receiver's limit; nothing was allocated for it.</summary>
    TooLarge,
}
