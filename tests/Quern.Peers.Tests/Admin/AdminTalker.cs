using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Protocols;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>The peer's end of one connection, frame by frame.</summary>
internal sealed class AdminTalker(Stream stream, Task served) : IAsyncDisposable
{
    private readonly PipeReader _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
    private readonly AdminCodec _codec = new();
    private int _id = 1000;

    /// <summary>Done when the server has let go of the connection.</summary>
    public Task Served => served;

    public RS_Session Session { get; private set; } = new();

    public async Task OpenAsync(params string[] capabilities)
    {
        var answer = await AnswerAsync(new RQ_Session { InstanceUuid = "0b9f6c1e-2f64-4f0e-8f6d-6f2a9c1d3e55", InstanceType = InstanceType.InstanceClient, Capability = { capabilities } });
        Session = (RS_Session)((AdminBody.Message)answer.Body).Value;
    }

    public Task SendAsync(byte[] bytes) => stream.WriteAsync(bytes).AsTask().WaitAsync(AdminTalk.Patience);

    public Task SendAsync(AdminMessage message) => SendAsync(BytesOf(message));

    public Task SendAsync(IMessage message, NameSet set = NameSet.Protocol, int to = 0) => SendAsync(AdminMessage.Of(message, ++_id, set, to, Session.InstanceSid));

    public byte[] BytesOf(AdminMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        _codec.Encode(message, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The next message; null when the server closed the connection.</summary>
    public async Task<AdminMessage?> ReceiveAsync()
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await _reader.ReadAsync().AsTask().WaitAsync(AdminTalk.Patience);
            }
            catch (IOException)
            {
                return null;
            }
            var buffer = read.Buffer;
            var status = _codec.TryDecode(ref buffer, out var message);
            _reader.AdvanceTo(buffer.Start, status == DecodeStatus.Success ? buffer.Start : buffer.End);
            if (status == DecodeStatus.Success) return message;
            Assert.Equal(DecodeStatus.NeedMore, status);
            if (read.IsCompleted) return null;
        }
    }

    public async Task<AdminMessage> AnswerAsync(IMessage request, NameSet set = NameSet.Protocol, int to = 0)
    {
        await SendAsync(request, set, to);
        while (true)
        {
            var message = await ReceiveAsync();
            Assert.NotNull(message);
            // Questions and events of the server come in between.
            if (message.Id != _id || message.Type?.IsRequest == true) continue;
            return message;
        }
    }

    /// <summary>The name of the result that answers a request.</summary>
    public async Task<string> AskAsync(IMessage request, NameSet set = NameSet.Protocol) => NameOf(await AnswerAsync(request, set));

    /// <summary>The message that answers a request.</summary>
    public async Task<T> AskAsync<T>(IMessage request) where T : IMessage => (T)((AdminBody.Message)(await AnswerAsync(request)).Body).Value;

    /// <summary>Reads until the server closes the connection.</summary>
    public async Task<List<AdminMessage>> RestAsync()
    {
        var rest = new List<AdminMessage>();
        while (await ReceiveAsync() is { } message) rest.Add(message);
        await Served.WaitAsync(AdminTalk.Patience);
        return rest;
    }

    public static string NameOf(AdminMessage message) => message.Type!.Results[((AdminBody.Result)message.Body).Code];

    public static ResultTail TailOf(AdminMessage message) => ((AdminBody.Result)message.Body).Tail ?? new ResultTail();

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await served.WaitAsync(AdminTalk.Patience);
    }
}
