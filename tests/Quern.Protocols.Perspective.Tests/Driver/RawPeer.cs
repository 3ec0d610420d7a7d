using Quern.Protocols.Perspective.Codec;
using Quern.Protocols.Perspective.Golden;
using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>The other side of a connection, which says what a test wants, right or wrong.</summary>
internal sealed class RawPeer(Stream stream) : IAsyncDisposable
{
    private readonly BananaFramer _framer = new();
    private readonly List<byte> _received = [];
    private int _scanned;
    private bool _vocabulary;

    /// <summary>Says what a client says first, after it has heard the offer.</summary>
    public async Task NegotiateAsync(string dialect = "pb")
    {
        Assert.NotNull(PerspectiveCodec.DecodeOffer(await ElementAsync()));
        await SendAsync(new PerspectiveMessage.DialectChoice(dialect));
        _vocabulary = dialect == "pb";
        Assert.Equal(new PerspectiveMessage.Version(6), await MessageAsync());
        await SendAsync(new PerspectiveMessage.Version(6));
    }

    /// <summary>Says what a server says first, and hears the client's choice.</summary>
    public async Task OfferAsync(params string[] dialects)
    {
        await SendAsync(new PerspectiveMessage.DialectOffer([.. dialects]));
        Assert.Equal("pb", PerspectiveCodec.DecodeChoice(await ElementAsync())?.Dialect);
        _vocabulary = true;
        Assert.Equal(new PerspectiveMessage.Version(6), await MessageAsync());
    }

    /// <summary>
    /// Says what a captured server said: each answer after the request that it answers was heard, each call after the request that
    /// brought the mind. Ends before the first answer to a request that the client under test does not make: two for the login
    /// are all.
    /// </summary>
    public async Task ReplayAsync(CapturedStream stream)
    {
        const int loginRequests = 2;
        long heard = 0;
        foreach (var element in stream.Elements())
        {
            bool isMessage = PerspectiveCodec.DecodeOffer(element) is null;
            long needed = !isMessage ? 0 : Wire.Message(element) switch
            {
                PerspectiveMessage.Answer answer => answer.RequestId,
                PerspectiveMessage.Call => loginRequests,
                _ => 0,
            };
            if (needed > loginRequests) return;
            while (heard < needed)
                if (await MessageAsync() is PerspectiveMessage.Call call) heard = call.RequestId;
            await SendAsync(element);
            if (isMessage) continue;
            Assert.Equal("pb", PerspectiveCodec.DecodeChoice(await ElementAsync())?.Dialect);
            _vocabulary = true;
        }
    }

    public Task SendAsync(PerspectiveMessage message) => SendAsync(Wire.Encode(message, _vocabulary));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await stream.FlushAsync(TestContext.Current.CancellationToken);
    }

    public async Task SendHexAsync(string hex) => await SendAsync(Wire.Hex(hex));

    public Task CallAsync(long request, ObjectId target, string method, params JellyValue[] arguments) =>
        SendAsync(new PerspectiveMessage.Call(request, target, method, true, [.. arguments], []));

    /// <summary>The next message, or null at the end.</summary>
    public async Task<PerspectiveMessage?> MessageAsync() =>
        await ElementAsync() is { Length: > 0 } element ? Wire.Message(element) : null;

    public async Task<T> MessageAsync<T>()
        where T : PerspectiveMessage => Assert.IsType<T>(await MessageAsync());

    /// <summary>Reads to the end of the stream.</summary>
    public async Task DrainAsync()
    {
        while (await ElementAsync() is { Length: > 0 }) continue;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task<byte[]> ElementAsync()
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            var rest = _received.GetRange(_scanned, _received.Count - _scanned).ToArray();
            var status = _framer.Scan(rest, _vocabulary, out int consumed);
            _scanned += consumed;
            if (status == DecodeStatus.Success)
            {
                byte[] element = [.. _received[.._scanned]];
                _received.RemoveRange(0, _scanned);
                _scanned = 0;
                return element;
            }
            Assert.Equal(DecodeStatus.NeedMore, status);
            int read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
            if (read == 0) return [];
            _received.AddRange(buffer.AsSpan(0, read));
        }
    }
}
