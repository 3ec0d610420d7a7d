namespace Quern.Protocols.Buildbot;

/// <summary>The keys of messages, in one place.</summary>
internal enum WireKey
{
    Other,
    Op,
    SequenceNumber,
    Args,
    CommandId,
    CommandName,
    BuilderName,
    Message,
    Why,
    Length,
    AccessTime,
    ModifiedTime,
    Result,
    IsException,
    Builders,
    UserName,
    Password,
}

internal static class WireKeys
{
    public const int Count = (int)WireKey.Password + 1;

    public static ReadOnlySpan<byte> NameOf(WireKey key) => key switch
    {
        WireKey.Op => "op"u8,
        WireKey.SequenceNumber => "seq_number"u8,
        WireKey.Args => "args"u8,
        WireKey.CommandId => "command_id"u8,
        WireKey.CommandName => "command_name"u8,
        WireKey.BuilderName => "builder_name"u8,
        WireKey.Message => "message"u8,
        WireKey.Why => "why"u8,
        WireKey.Length => "length"u8,
        WireKey.AccessTime => "access_time"u8,
        WireKey.ModifiedTime => "modified_time"u8,
        WireKey.Result => "result"u8,
        WireKey.IsException => "is_exception"u8,
        WireKey.Builders => "builders"u8,
        WireKey.UserName => "username"u8,
        WireKey.Password => "password"u8,
        _ => default,
    };

    public static WireKey Find(ReadOnlySpan<byte> name)
    {
        for (int key = (int)WireKey.Op; key < Count; key++)
            if (name.SequenceEqual(NameOf((WireKey)key))) return (WireKey)key;
        return WireKey.Other;
    }
}
