using System.Buffers;
using System.Text.Json;
using Quern.Model;

namespace Quern.MasterHost.Api;

/// <summary>
/// Journal events as JSON. Many listen to the same events, so each is written once and kept in a small table by its number;
/// an entry that another thread has replaced is simply written again.
/// </summary>
internal sealed class EventFrames
{
    private const int Size = 4096;   // a power of two; a few seconds of a busy farm

    private readonly Entry?[] _entries = new Entry?[Size];

    private sealed record Entry(long Sequence, byte[] Json);

    public ReadOnlySpan<byte> Of(FarmEvent farmEvent)
    {
        ref var slot = ref _entries[farmEvent.Sequence & (Size - 1)];
        var entry = Volatile.Read(ref slot);
        if (entry is not null && entry.Sequence == farmEvent.Sequence) return entry.Json;
        entry = new Entry(farmEvent.Sequence, Serialize(farmEvent));
        Volatile.Write(ref slot, entry);
        return entry.Json;
    }

    private static byte[] Serialize(FarmEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("sequence", e.Sequence);
            json.WriteString("time", e.Time);
            json.WriteString("kind", e.Kind);
            json.WriteString("subject", e.Subject);
            json.WriteString("actor", e.Actor);
            json.WritePropertyName("data");
            // The store's own JSON, on one line.
            if (e.Data.Length == 0) json.WriteNullValue();
            else json.WriteRawValue(e.Data, skipInputValidation: true);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
