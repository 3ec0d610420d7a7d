using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// The fields of one message: where each known key's value lies, in whatever order they came, and how they are read. The
/// first thing wrong with a field is kept as the text that answers the request.
/// </summary>
internal ref struct MsgPackFields
{
    private readonly BuildbotSide _side;
    private readonly BuildbotRevision _revision;
    private readonly bool _keepLineTables;
    private MsgPackReader _reader;
    private Positions _positions;
    private ImmutableArray<UpdateEntry> _entries;

    public MsgPackFields(ReadOnlyMemory<byte> input, MsgPackCodecOptions options)
    {
        _reader = new MsgPackReader(input, options.Limits) { TakesArrayKeys = options.Revision is BuildbotRevision.V1 };
        _side = options.Side;
        _revision = options.Revision;
        _keepLineTables = options.KeepLineTables;
    }

    public readonly DecodeStatus Status => _reader.Status;

    /// <summary>The end of the message, once <see cref="Scan"/> has succeeded.</summary>
    public int End { get; private set; }

    public WireOperation Operation { get; private set; }

    /// <summary>Null, or what is wrong with the fields asked for.</summary>
    public string? Problem { get; private set; }

    /// <summary>Passes over the message once. The entries of an update, which may be long, are read on the way.</summary>
    public bool Scan()
    {
        if (_reader.Peek() is not (MsgPackType.Map or MsgPackType.End)) _reader.Fail(DecodeStatus.Malformed);
        for (int count = _reader.ReadMapHeader(); count > 0 && Status is DecodeStatus.Success; count--)
        {
            WireKey key = WireKeys.Find(_reader.ReadKey().Span);
            int start = _reader.Position;
            if (key is WireKey.Args && Operation is WireOperation.Update && ReadEntries()) continue;
            _reader.Skip(depth: 2);
            if (key is WireKey.Other) continue;
            _positions[(int)key] = start;
            if (key is WireKey.Op) FindOperation(start);
        }

        End = _reader.Position;
        return Status is DecodeStatus.Success;
    }

    public readonly bool Has(WireKey key) =>
        _positions[(int)key] > 0 || (key is WireKey.Args && !_entries.IsDefault);

    /// <summary>Notes the first of <paramref name="keys"/> that is missing, in the words of real peers.</summary>
    public bool Require(params ReadOnlySpan<WireKey> keys)
    {
        foreach (WireKey key in keys)
            if (!Has(key))
                Problem ??= $"'message did not contain obligatory \"{Name(key)}\" key'";
        return Problem is null;
    }

    public string Text(WireKey key) => Seek(key) ? Checked(key, _reader.ReadString()) ?? "" : "";

    public string? TextOrNull(WireKey key) =>
        Seek(key) && !_reader.TryReadNil() ? Checked(key, _reader.ReadString()) : null;

    /// <summary>Text, or bytes that are UTF-8: workers of 3.5.0 send their name as bytes.</summary>
    public string TextOrBytes(WireKey key)
    {
        if (!Seek(key)) return "";
        return Checked(key, _reader.Peek() is MsgPackType.Binary ? _reader.MakeString(_reader.ReadKey()) : _reader.ReadString()) ?? "";
    }

    public ImmutableArray<BuilderPlace> Builders() =>
        Seek(WireKey.Builders) ? Checked(WireKey.Builders, MsgPackBuilders.Read(ref _reader)) : [];

    public ReadOnlyMemory<byte> Binary(WireKey key) => Seek(key) ? Checked(key, _reader.ReadBinary()) : default;

    public long Integer(WireKey key) => Seek(key) ? Checked(key, _reader.ReadInt64()) : 0;

    /// <summary>A time; nil counts as 0.</summary>
    public double Number(WireKey key) =>
        Seek(key) && !_reader.TryReadNil() ? Checked(key, _reader.ReadDouble()) : 0;

    public WireValue.Map Map(WireKey key) =>
        Seek(key) ? Checked(key, _reader.ReadMap(depth: 2)) ?? WireValue.Map.Empty : WireValue.Map.Empty;

    public WireValue Value(WireKey key) => Seek(key) ? _reader.ReadValue(depth: 2) : WireValue.Nil.Value;

    public ImmutableArray<UpdateEntry> Entries()
    {
        if (!_entries.IsDefault || !Seek(WireKey.Args)) return _entries.IsDefault ? [] : _entries;
        return Checked(WireKey.Args, ReadUpdates());
    }

    /// <summary>An integer that the message cannot do without.</summary>
    public long SequenceNumber()
    {
        Seek(WireKey.SequenceNumber);
        return _reader.ReadInt64();
    }

    public void Complain(string problem) => Problem ??= problem;

    /// <summary>The whole message is of no use.</summary>
    public void Reject() => _reader.Fail(DecodeStatus.Malformed);

    private static string Name(WireKey key) => System.Text.Encoding.ASCII.GetString(WireKeys.NameOf(key));

    /// <summary>False, at the place where it began, when the value is not a list of pairs.</summary>
    private bool ReadEntries()
    {
        int start = _reader.Position;
        ImmutableArray<UpdateEntry> entries = ReadUpdates();
        if (_reader.TypeMismatch)
        {
            _reader.Rewind(start);
            _entries = default;
            return false;
        }

        _entries = entries;
        return true;
    }

    private ImmutableArray<UpdateEntry> ReadUpdates() => _revision is BuildbotRevision.V1
        ? MsgPackUpdatesV1.Read(ref _reader)
        : MsgPackUpdates.Read(ref _reader, _keepLineTables);

    private void FindOperation(int start)
    {
        int end = _reader.Position;
        _reader.Rewind(start);
        ReadOnlyMemory<byte> name = _reader.ReadUtf8();
        if (Status is not DecodeStatus.Success) return;
        Operation = WireOperations.Find(name.Span, _side, _revision);
        _reader.Rewind(end);
    }

    private bool Seek(WireKey key)
    {
        int position = _positions[(int)key];
        if (position > 0) _reader.Rewind(position);
        return position > 0;
    }

    private T Checked<T>(WireKey key, T value)
    {
        if (!_reader.TypeMismatch) return value;
        Problem ??= $"message had a wrong value for key \"{Name(key)}\"";
        _reader.Rewind(_reader.Position);
        return value;
    }

    /// <summary>Offsets of values by key; 0, where the map's head is, means absent.</summary>
    [InlineArray(WireKeys.Count)]
    private struct Positions
    {
        private int _first;
    }
}
