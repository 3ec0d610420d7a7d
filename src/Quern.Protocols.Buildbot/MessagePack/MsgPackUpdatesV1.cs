using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// The updates of revision v1: a list of <c>[dictionary, number]</c>. Each key of a dictionary becomes an entry; the number is
/// always 0 and nobody looks at it. Text comes as the program wrote it, not in whole lines. Section 13.3.
/// </summary>
internal static class MsgPackUpdatesV1
{
    // What Charge is told for one entry's place in a list that grows by doubling.
    private const int PlaceCost = 32;

    // A value stands below the message, the list, the pair and the dictionary.
    private const int ValueDepth = 5;

    public static ImmutableArray<UpdateEntry> Read(ref MsgPackReader reader)
    {
        int count = reader.ReadArrayHeader();
        var entries = ImmutableArray.CreateBuilder<UpdateEntry>();
        for (; count > 0 && reader.Status is DecodeStatus.Success; count--)
        {
            MsgPackUpdates.ReadExactly(ref reader, 2);
            for (int keys = reader.ReadMapHeader(); keys > 0 && reader.Charge(MsgPackUpdates.EntryCost + PlaceCost); keys--)
                entries.Add(ReadEntry(ref reader));
            reader.ReadInt64();
        }

        return reader.Status is DecodeStatus.Success ? entries.ToImmutable() : [];
    }

    /// <summary>One pair for each entry: the order of the keys in one dictionary means nothing.</summary>
    public static void Write(in MsgPackWriter writer, ImmutableArray<UpdateEntry> entries)
    {
        writer.WriteArrayHeader(entries.Length);
        foreach (UpdateEntry entry in entries)
        {
            writer.WriteArrayHeader(2);
            writer.WriteMapHeader(1);
            WriteEntry(writer, entry);
            writer.WriteInt64(0);
        }
    }

    private static UpdateEntry ReadEntry(ref MsgPackReader reader)
    {
        if (reader.Peek() is MsgPackType.Array) return ReadArrayKey(ref reader);
        ReadOnlyMemory<byte> name = reader.ReadKey();
        ReadOnlySpan<byte> span = name.Span;
        if (span.SequenceEqual("stdout"u8)) return ReadText(ref reader, BuildbotNames.Stdout, "");
        if (span.SequenceEqual("stderr"u8)) return ReadText(ref reader, BuildbotNames.Stderr, "");
        if (span.SequenceEqual("header"u8)) return ReadText(ref reader, BuildbotNames.Header, "");
        if (span.SequenceEqual("log"u8))
        {
            MsgPackUpdates.ReadExactly(ref reader, 2);
            return ReadText(ref reader, BuildbotNames.Log, reader.ReadString());
        }

        // The description of glob says "file", that of the updates "files", and so do workers.
        if (span.SequenceEqual("file"u8)) return new UpdateEntry.Files(MsgPackUpdates.ReadNames(ref reader));
        return MsgPackUpdates.ReadOther(ref reader, name, ValueDepth);
    }

    /// <summary>A followed log file: <c>["log", name]</c> is the key in the description, <c>"log"</c> at workers of 3.5.0.</summary>
    private static UpdateEntry.Text ReadArrayKey(ref MsgPackReader reader)
    {
        MsgPackUpdates.ReadExactly(ref reader, 2);
        if (!reader.ReadUtf8().Span.SequenceEqual("log"u8)) reader.Mismatch();
        return ReadText(ref reader, BuildbotNames.Log, reader.ReadString());
    }

    private static UpdateEntry.Text ReadText(ref MsgPackReader reader, string stream, string log) =>
        new(stream, log, reader.ReadUtf8(), default, default);

    private static void WriteEntry(in MsgPackWriter writer, UpdateEntry entry)
    {
        switch (entry)
        {
            case UpdateEntry.Text { Stream: BuildbotNames.Log } text:
                // As workers of 3.5.0 do: a key that is an array breaks the connection at its masters.
                writer.WriteString(text.Stream);
                writer.WriteArrayHeader(2);
                writer.WriteString(text.Log);
                writer.WriteUtf8(text.Utf8.Span);
                break;
            case UpdateEntry.Text text:
                writer.WriteString(text.Stream);
                writer.WriteUtf8(text.Utf8.Span);
                break;
            default:
                MsgPackUpdates.WriteOther(writer, entry);
                break;
        }
    }
}
