namespace Quern.Protocols.Perspective.Driver;

/// <summary>Gives bytes without waiting and takes all; an empty read returns at once.</summary>
internal sealed class ScriptedStream(byte[] input) : MemoryStream(input, writable: false)
{
    /// <summary>Most bytes that one read gives.</summary>
    public int Piece { get; init; } = int.MaxValue;

    /// <summary>Called before each read that has room.</summary>
    public Action Reading { get; init; } = () => { };

    /// <summary>Thrown when it is disposed.</summary>
    public Exception? Goodbye { get; init; }

    /// <summary>The most room that a read offered.</summary>
    public int LargestRead { get; private set; }

    public bool IsDisposed { get; private set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length > 0) Reading();
        LargestRead = Math.Max(LargestRead, buffer.Length);
        return base.ReadAsync(buffer[..Math.Min(buffer.Length, Piece)], cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        IsDisposed = true;
        await base.DisposeAsync();
        if (Goodbye is not null) throw Goodbye;
    }
}
