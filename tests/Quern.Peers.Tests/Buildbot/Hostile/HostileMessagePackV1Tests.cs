using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Hostile;

/// <summary>Over <c>msgpack_experimental_v1</c>.</summary>
public sealed class HostileMessagePackV1Tests : HostileContract
{
    private static readonly WireValue Nil = WireValue.Nil.Value;

    private protected override IHostileFarm Open(TimeSpan? patience) => new Farm(patience);

    private sealed class Farm(TimeSpan? patience) : MessagePackFarm(
        HostileMessagePackTests.Options(patience) with { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] })
    {
        public override async Task<IHostileWorker> AttachAsync(string name)
        {
            SeedWorker worker = await SeedWorker.AttachAsync(Inner.EndPoint, name).WaitAsync(TestGate.Patience);
            return new Worker(worker, await Inner.Gate.NextLinkAsync());
        }

        public override async Task ClaimAsync(string name)
        {
            await using SeedWorker stranger = await SeedWorker.OpenAsync(Inner.EndPoint);
            Assert.Equal((WireValue)false, await stranger.AskAsync("auth", ("username", name), ("password", "wrong-password")));
        }
    }

    private sealed class Worker(SeedWorker worker, MessagePackLink link) : IHostileWorker
    {
        public IWorkerLink Link => link;

        public HostileCommand Foreign { get; } = new("77", "77");

        public async Task<HostileCommand> TakeAsync()
        {
            WireValue.Map start = await worker.ReceiveAsync("start_command");
            await worker.RespondAsync(start, Nil);
            string id = ((WireValue.Text)start["command_id"]!).Value;
            return new HostileCommand(id, id);
        }

        public Task<bool> SayAsync(HostileCommand command, string line) => AskAsync(
            "update", ("command_id", command.Step), ("args", SeedWorker.List(SeedWorker.List(SeedWorker.Map(("stdout", line)), 0L))));

        public Task<bool> WriteAsync(HostileCommand command, byte[] block) =>
            AskAsync("update_upload_file_write", ("command_id", command.Transfer), ("args", new WireValue.Binary(block)));

        public Task<bool> ReadAsync(HostileCommand command) => AskAsync("update_read_file", ("command_id", command.Transfer), ("length", 100L));

        public async Task SendFolderAsync(HostileCommand command, byte[] tar)
        {
            Assert.True(await AskAsync("update_upload_directory_write", ("command_id", command.Transfer), ("args", new WireValue.Binary(tar))));
            Assert.True(await AskAsync("update_upload_directory_unpack", ("command_id", command.Transfer)));
        }

        public async Task EndAsync(HostileCommand command, int code)
        {
            await worker.RequestAsync(
                "update", ("command_id", command.Step), ("args", SeedWorker.List(SeedWorker.List(SeedWorker.Map(("rc", (long)code)), 0L))));
            await worker.RequestAsync("complete", ("command_id", command.Step), ("args", Nil));
        }

        public Task AnswerTwiceAsync() => worker.SendAsync(SeedWorker.Map(("op", "response"), ("seq_number", 0L), ("result", Nil)));

        public Task<bool> LogInAgainAsync(string name) => AskAsync("auth", ("username", name), ("password", TestGate.Password));

        public async Task FloodAsync()
        {
            for (int i = 0; i < 2000; i++) Assert.False(await AskAsync("complete", ("command_id", "77"), ("args", Nil)));
        }

        public ValueTask DisposeAsync() => worker.DisposeAsync();

        /// <summary>Whether a request is answered without an exception; what the master asks meanwhile is passed over.</summary>
        private async Task<bool> AskAsync(string operation, params (string Key, WireValue Value)[] keys)
        {
            long number = await worker.RequestAsync(operation, keys);
            while (true)
            {
                WireValue.Map message = await worker.ReceiveAsync();
                if (message["op"] == (WireValue)"response" && message["seq_number"] == (WireValue)number) return message["is_exception"] is null;
            }
        }
    }
}
