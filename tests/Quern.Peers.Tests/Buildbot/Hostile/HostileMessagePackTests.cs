using System.Buffers;
using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Hostile;

/// <summary>Over <c>msgpack_experimental_v7</c>.</summary>
public sealed class HostileMessagePackTests : HostileContract
{
    private protected override IHostileFarm Open(TimeSpan? patience) => new Farm(patience);

    internal static MessagePackOptions Options(TimeSpan? patience) => patience is not { } brief ? new() : new()
    {
        KeepaliveInterval = brief,
        AnswerPatience = brief,
        BusyPatience = brief,
    };

    private sealed class Farm(TimeSpan? patience) : MessagePackFarm(Options(patience))
    {
        public override async Task<IHostileWorker> AttachAsync(string name)
        {
            (ScriptedWorker worker, MessagePackLink link) = await Inner.AttachAsync(name);
            return new Worker(worker, link);
        }

        public override async Task ClaimAsync(string name)
        {
            await using ScriptedWorker stranger = await ScriptedWorker.ConnectAsync(Inner.EndPoint);
            await stranger.Stream.WriteAsync(ClientHandshake.CreateRequest("x", "/", "test", name, "wrong-password", "7QwW8owJgOY6edsoJ6R4/A=="));
            using var reader = new StreamReader(stranger.Stream, Encoding.ASCII);
            await reader.ReadToEndAsync().WaitAsync(TestGate.Patience);
        }
    }

    private sealed class Worker(ScriptedWorker worker, MessagePackLink link) : IHostileWorker
    {
        public IWorkerLink Link => link;

        public HostileCommand Foreign { get; } = new("77", "77");

        public async Task<HostileCommand> TakeAsync()
        {
            var start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
            await worker.AnswerAsync(start, WireValue.Nil.Value);
            return new HostileCommand(start.CommandId, start.CommandId);
        }

        public Task<bool> SayAsync(HostileCommand command, string line) => AskAsync(n => new BuildbotMessage.Update(
            n, command.Step, [new UpdateEntry.Text("stdout", "", Encoding.UTF8.GetBytes(line), new int[] { line.Length - 1 }, new double[] { 1 })]));

        public Task<bool> WriteAsync(HostileCommand command, byte[] block) =>
            AskAsync(n => new BuildbotMessage.UploadFileWrite(n, command.Transfer, block));

        public Task<bool> ReadAsync(HostileCommand command) => AskAsync(n => new BuildbotMessage.ReadFile(n, command.Transfer, 100));

        public async Task SendFolderAsync(HostileCommand command, byte[] tar)
        {
            Assert.True(await AskAsync(n => new BuildbotMessage.UploadDirectoryWrite(n, command.Transfer, tar)));
            Assert.True(await AskAsync(n => new BuildbotMessage.UploadDirectoryUnpack(n, command.Transfer)));
        }

        public async Task EndAsync(HostileCommand command, int code)
        {
            await worker.UpdateAsync(command.Step, new UpdateEntry.ReturnCode(code));
            await worker.SendAsync(n => new BuildbotMessage.Complete(n, command.Step, null));
        }

        public Task AnswerTwiceAsync() => worker.SendAsync(_ => new BuildbotMessage.Response(0, WireValue.Nil.Value, IsException: false));

        /// <summary>The login is the opening request; here it is an operation that nobody serves.</summary>
        public async Task<bool> LogInAgainAsync(string name)
        {
            const long Number = 5000;
            var output = new ArrayBufferWriter<byte>();
            new MsgPackWriter(output).WriteValue(SeedWorker.Map(
                ("op", "auth"), ("seq_number", Number), ("username", name), ("password", TestGate.Password)));
            await worker.SendBinaryAsync(output.WrittenSpan.ToArray());
            return !(await worker.AnswerToAsync(Number)).IsException;
        }

        public async Task FloodAsync()
        {
            for (int i = 0; i < 2000; i++)
                Assert.False(await AskAsync(n => new BuildbotMessage.Complete(n, "77", null)));
        }

        public ValueTask DisposeAsync() => worker.DisposeAsync();

        private async Task<bool> AskAsync(Func<long, BuildbotMessage> create) =>
            !(await worker.AnswerToAsync(await worker.SendAsync(create))).IsException;
    }
}

/// <summary>What a door has in both revisions.</summary>
internal abstract class MessagePackFarm(MessagePackOptions options) : IHostileFarm
{
    protected TestFarm Inner { get; } = new(options);

    public int Trespasses => Inner.Gate.Trespasses.Reader.Count;

    public abstract Task<IHostileWorker> AttachAsync(string name);

    public abstract Task ClaimAsync(string name);

    public Task<string> NextTrespassAsync() => Inner.Gate.NextTrespassAsync();

    public async Task<(string Name, string Reason)> NextEndAsync()
    {
        await Inner.Gate.NextEndAsync();
        return Inner.Gate.NamedEnds.TryDequeue(out var end) ? end : throw new InvalidOperationException("An end without a name.");
    }

    public async Task<string> NextRefusalAsync() =>
        (await Inner.Gate.Refusals.Reader.ReadAsync().AsTask().WaitAsync(TestGate.Patience)).Value;

    public ValueTask DisposeAsync() => Inner.DisposeAsync();
}
