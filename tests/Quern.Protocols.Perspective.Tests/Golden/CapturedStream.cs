namespace Quern.Protocols.Perspective.Golden;

/// <summary>All bytes that one side of one connection sent.</summary>
/// <param name="Name">Folder, scenario, connection and direction.</param>
/// <param name="FromWorker">The side that connected.</param>
/// <param name="Bytes">From the first byte on.</param>
internal sealed record CapturedStream(string Name, bool FromWorker, byte[] Bytes)
{
    /// <summary>The top-level elements, cut by the framer; the first is the dialect's offer or choice.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Elements()
    {
        var framer = new BananaFramer();
        int start = 0;
        while (start < Bytes.Length)
        {
            var status = framer.Scan(Bytes.AsSpan(start), vocabulary: start > 0, out int consumed);
            if (status is not DecodeStatus.Success) throw new InvalidDataException($"{Name}: {status} {framer.Problem} at byte {start}");
            yield return Bytes.AsMemory(start, consumed);
            start += consumed;
        }
    }

    public override string ToString() => Name;
}
