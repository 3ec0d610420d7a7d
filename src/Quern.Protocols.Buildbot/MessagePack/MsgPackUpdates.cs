using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Quern.Protocols.Buildbot;

/// <summary>The pairs of an <c>update</c>. buildbot-msgpack.md section 5.3.</summary>
internal static class MsgPackUpdates
{
    // What Charge is told for one entry with its share of the array; the biggest record is Text.
    internal const int EntryCost = 120;

    // A value inside a pair stands below the message, the list of pairs and the pair.
    private const int ValueDepth = 4;

    public static ImmutableArray<UpdateEntry> Read(ref MsgPackReader reader, bool keepLineTables)
    {
        int count = reader.ReadArrayHeader();
        if (count == 0 || !reader.Charge(64 + 8L * count)) return [];
        var entries = new UpdateEntry[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = ReadEntry(ref reader, keepLineTables);
            if (reader.Status is not DecodeStatus.Success) return [];
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(entries);
    }

    public static void Write(in MsgPackWriter writer, ImmutableArray<UpdateEntry> entries)
    {
        writer.WriteArrayHeader(entries.Length);
        foreach (UpdateEntry entry in entries)
        {
            writer.WriteArrayHeader(2);
            WriteEntry(writer, entry);
        }
    }

    private static UpdateEntry ReadEntry(ref MsgPackReader reader, bool keepLineTables)
    {
        ReadExactly(ref reader, 2);
        ReadOnlyMemory<byte> name = reader.ReadUtf8();
        reader.Charge(EntryCost);
        ReadOnlySpan<byte> span = name.Span;
        if (span.SequenceEqual("stdout"u8)) return ReadText(ref reader, BuildbotNames.Stdout, "", keepLineTables);
        if (span.SequenceEqual("stderr"u8)) return ReadText(ref reader, BuildbotNames.Stderr, "", keepLineTables);
        if (span.SequenceEqual("header"u8)) return ReadText(ref reader, BuildbotNames.Header, "", keepLineTables);
        if (span.SequenceEqual("log"u8))
        {
            ReadExactly(ref reader, 2);
            return ReadText(ref reader, BuildbotNames.Log, reader.ReadString(), keepLineTables);
        }

        return ReadOther(ref reader, name, ValueDepth);
    }

    /// <summary>The value of an entry that is no text; alike in every revision.</summary>
    internal static UpdateEntry ReadOther(ref MsgPackReader reader, ReadOnlyMemory<byte> name, int depth)
    {
        ReadOnlySpan<byte> span = name.Span;
        if (span.SequenceEqual("rc"u8)) return new UpdateEntry.ReturnCode(ReadReturnCode(ref reader));
        if (span.SequenceEqual("elapsed"u8)) return new UpdateEntry.Elapsed(reader.ReadDouble());
        if (span.SequenceEqual("files"u8)) return new UpdateEntry.Files(ReadNames(ref reader));
        if (span.SequenceEqual("stat"u8)) return new UpdateEntry.Stat(ReadNumbers(ref reader));
        if (span.SequenceEqual("failure_reason"u8)) return new UpdateEntry.FailureReason(reader.ReadString());
        return new UpdateEntry.Unknown(reader.MakeString(name), reader.ReadValue(depth));
    }

    private static UpdateEntry.Text ReadText(ref MsgPackReader reader, string stream, string log, bool keepLineTables)
    {
        ReadExactly(ref reader, 3);
        ReadOnlyMemory<byte> text = reader.ReadUtf8();
        ReadOnlyMemory<int> indexes = default;
        if (keepLineTables) indexes = reader.ReadInt32Array();
        else reader.SkipNumbers();
        return new UpdateEntry.Text(stream, log, text, indexes, reader.ReadDoubleArray(onlyFirst: !keepLineTables));
    }

    /// <summary>Windows exit codes are 32 bits without sign: taken bit for bit.</summary>
    private static int ReadReturnCode(ref MsgPackReader reader)
    {
        long code = reader.ReadInt64();
        if (code is < int.MinValue or > uint.MaxValue) reader.Mismatch();
        return unchecked((int)code);
    }

    internal static ImmutableArray<string> ReadNames(ref MsgPackReader reader)
    {
        int count = reader.ReadArrayHeader();
        if (count == 0 || !reader.Charge(64 + 8L * count)) return [];
        var names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = reader.ReadString();
            if (reader.Status is not DecodeStatus.Success) return [];
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(names);
    }

    private static ImmutableArray<long> ReadNumbers(ref MsgPackReader reader)
    {
        int count = reader.ReadArrayHeader();
        if (count == 0 || !reader.Charge(64 + 8L * count)) return [];
        var numbers = new long[count];
        for (int i = 0; i < count; i++) numbers[i] = reader.ReadInt64Wrapping();
        return ImmutableCollectionsMarshal.AsImmutableArray(numbers);
    }

    internal static void ReadExactly(ref MsgPackReader reader, int count)
    {
        if (reader.ReadArrayHeader() != count) reader.Mismatch();
    }

    private static void WriteEntry(in MsgPackWriter writer, UpdateEntry entry)
    {
        switch (entry)
        {
            case UpdateEntry.Text text:
                writer.WriteString(text.Stream);
                if (text.Stream == BuildbotNames.Log)
                {
                    writer.WriteArrayHeader(2);
                    writer.WriteString(text.Log);
                }

                writer.WriteArrayHeader(3);
                writer.WriteUtf8(text.Utf8.Span);
                writer.WriteInt32Array(text.NewlineIndexes.Span);
                writer.WriteDoubleArray(text.Times.Span);
                break;
            default:
                WriteOther(writer, entry);
                break;
        }
    }

    /// <summary>Name and value of an entry that is no text; alike in every revision.</summary>
    internal static void WriteOther(in MsgPackWriter writer, UpdateEntry entry)
    {
        switch (entry)
        {
            case UpdateEntry.ReturnCode code:
                writer.WriteUtf8("rc"u8);
                writer.WriteInt64(code.Value);
                break;
            case UpdateEntry.Elapsed elapsed:
                writer.WriteUtf8("elapsed"u8);
                writer.WriteDouble(elapsed.Seconds);
                break;
            case UpdateEntry.Files files:
                writer.WriteUtf8("files"u8);
                writer.WriteArrayHeader(files.Names.Length);
                foreach (string name in files.Names) writer.WriteString(name);
                break;
            case UpdateEntry.Stat stat:
                writer.WriteUtf8("stat"u8);
                writer.WriteArrayHeader(stat.Fields.Length);
                foreach (long field in stat.Fields) writer.WriteInt64(field);
                break;
            case UpdateEntry.FailureReason reason:
                writer.WriteUtf8("failure_reason"u8);
                writer.WriteString(reason.Reason);
                break;
            case UpdateEntry.Unknown unknown:
                writer.WriteString(unknown.Name);
                writer.WriteValue(unknown.Value);
                break;
        }
    }
}
