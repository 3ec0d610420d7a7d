namespace Quern.Protocols.Buildbot;

/// <summary>What the next value of a message is, by its first byte.</summary>
public enum MsgPackType
{
    /// <summary>The input has ended.</summary>
    End,
    Nil,
    Boolean,
    Integer,
    Float,
    Text,
    Binary,
    Array,
    Map,

    /// <summary>An extension type or the byte that is never used: this protocol has neither.</summary>
    Refused,
}
