using System.Globalization;
using Quern.Model;
using Quern.Peers.Buildbot.Perspective;
using Quern.Peers.Tests.Buildbot.Perspective;
using Quern.Protocols.Perspective;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Hostile;

/// <summary>Over Perspective Broker, where what a worker holds are references.</summary>
public sealed class HostilePerspectiveTests : HostileContract
{
    private protected override IHostileFarm Open(TimeSpan? patience) => new Farm(patience);

    private sealed class Farm(TimeSpan? patience) : IHostileFarm
    {
        private readonly BrokerFarm _farm = new(patience is not { } brief ? new() : new PerspectiveLinkOptions
        {
            KeepaliveInterval = brief,
            AnswerPatience = brief,
            BusyPatience = brief,
        });

        public int Trespasses => _farm.Trespasses.Reader.Count;

        public async Task<IHostileWorker> AttachAsync(string name)
        {
            (BrokerWorker worker, PerspectiveLink link) = await _farm.AttachAsync(name);
            return new Worker(worker, link);
        }

        public async Task ClaimAsync(string name)
        {
            await using BrokerWorker stranger = await BrokerWorker.ConnectAsync(_farm.EndPoint);
            await stranger.AnswerToAsync(await stranger.LoginAsync(name, "wrong-password"));
        }

        public Task<string> NextTrespassAsync() => _farm.NextTrespassAsync();

        public Task<(string Name, string Reason)> NextEndAsync() => _farm.NextEndAsync();

        public async Task<string> NextRefusalAsync() =>
            (await _farm.Refusals.Reader.ReadAsync().AsTask().WaitAsync(TestGate.Patience)).Value;

        public ValueTask DisposeAsync() => _farm.DisposeAsync();
    }

    private sealed class Worker(BrokerWorker worker, PerspectiveLink link) : IHostileWorker
    {
        private readonly Dictionary<string, BrokerCommand> _commands = [];

        public IWorkerLink Link => link;

        public HostileCommand Foreign { get; } = new("99", "99");

        public async Task<HostileCommand> TakeAsync()
        {
            BrokerCommand command = await worker.NextCommandAsync();
            string step = $"{command.Step}";
            _commands.Add(step, command);
            return new HostileCommand(step, command.Arguments.TryGetValue("writer", out object? writer) ? $"{Jelly.Id(writer)}" : step);
        }

        public Task<bool> SayAsync(HostileCommand command, string line) =>
            CallAsync(command.Step, "update", Jelly.List(Jelly.List(Jelly.Dictionary(("stdout", Jelly.Text(line))), 0)));

        public Task<bool> WriteAsync(HostileCommand command, byte[] block) => CallAsync(command.Transfer, "write", block);

        public Task<bool> ReadAsync(HostileCommand command) => CallAsync(command.Transfer, "read", 100);

        public async Task SendFolderAsync(HostileCommand command, byte[] tar)
        {
            foreach (byte[] block in tar.Chunk(BananaLimits.MaxStringBytes)) Assert.True(await WriteAsync(command, block));
            Assert.True(await CallAsync(command.Transfer, "unpack"));
        }

        public Task EndAsync(HostileCommand command, int code) => worker.FinishAsync(_commands[command.Step], code);

        public Task AnswerTwiceAsync() => worker.SendAsync(new object[] { "answer", 1, Jelly.None });

        public async Task<bool> LogInAgainAsync(string name) =>
            Banana.TextOf((await worker.AnswerToAsync(await worker.LoginAsync(name, TestGate.Password)))[0]) == "answer";

        public async Task FloodAsync()
        {
            try
            {
                await worker.SendAsync(new object[]
                {
                    "message", 3, 2, "keepalive", 1, Jelly.Tuple([.. Enumerable.Range(10, 9000).Select(i => (object)Jelly.Remote(i))]), Jelly.Dictionary(),
                });
            }
            catch (IOException)
            {
                // The master may have hung up before the last byte was written.
            }

            await link.Closed.WaitAsync(TestGate.Patience);
        }

        public ValueTask DisposeAsync() => worker.DisposeAsync();

        private async Task<bool> CallAsync(string target, string method, params object[] arguments) => Banana.TextOf((await worker.AnswerToAsync(
            await worker.CallAsync(long.Parse(target, CultureInfo.InvariantCulture), method, arguments)))[0]) == "answer";
    }
}
