using System.Net;
using System.Text.Json;
using Quern.Peers.Branch;
using Quern.Protocols.Branch;
using Quern.Storage;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Branch;

/// <summary>How many requests are worked on at once.</summary>
public sealed class BranchWebTests
{
    private static readonly BranchWebPeer Peer = new(IPAddress.Loopback, "http://p.example");

    [Fact]
    public async Task As_many_requests_as_are_allowed_are_worked_on_and_logins_wait_for_none_of_them()
    {
        using var folder = new ScratchFolder();
        await using var store = await FarmStore.OpenAsync(new StoreOptions { Connection = $"sqlite:{folder["farm.db"]}" }, TimeProvider.System, CancellationToken.None);
        using var book = new LeafBook(store, new BlobStore(folder["blobs"]), new LeafOptions());
        var gate = new SlowGate();
        // Checking a key asks nothing of the desk.
        using var web = new BranchWeb(gate, null!, book, new LeafOptions { MaxParallelRequests = 2 });

        var asked = Enumerable.Range(0, 5).Select(i => web.AnswerAsync(new BranchHttpRequest.CheckKey($"{i}"), Peer, CancellationToken.None)).ToArray();
        var login = await web.AnswerAsync(new BranchHttpRequest.LogIn("u", "p"), Peer, CancellationToken.None);
        var list = await web.AnswerAsync(new BranchHttpRequest.PackageList(), Peer, CancellationToken.None);
        int before = gate.Entered;
        gate.Open.SetResult();
        await Task.WhenAll(asked);

        Assert.Equal((2, 5), (before, gate.Entered));
        Assert.Equal("the key", Payload(login));
        Assert.Equal("[]", Payload(list));
        Assert.Equal("Authkey 4 is invalid.", Payload(await asked[4]));
    }

    private static string Payload(BranchWebAnswer answer) =>
        JsonDocument.Parse(Assert.IsType<BranchWebAnswer.Message>(answer).Http.Body).RootElement.GetProperty("payload").ToString();

    /// <summary>Looks at no key before it is opened.</summary>
    private sealed class SlowGate : IBranchWebGate
    {
        private int _entered;

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Entered => Volatile.Read(ref _entered);

        public BranchClient Stranger { get; } = new(BranchRole.Controller, BranchDialect.V2, "", "", DateTimeOffset.UnixEpoch);

        public Task<BranchWebLogin> LogInAsync(string user, string password, IPAddress from, CancellationToken cancellationToken) =>
            Task.FromResult<BranchWebLogin>(new BranchWebLogin.Welcome("the key"));

        public async Task<BranchClient?> FindAsync(string key, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _entered);
            await Open.Task.WaitAsync(cancellationToken);
            return null;
        }

        public Task LogOffAsync(string key, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask<bool> IsUserAsync(string user, CancellationToken cancellationToken) => ValueTask.FromResult(false);

        public Task<string?> CreateUserAsync(BranchClient client, string user, string password) => Task.FromResult<string?>(null);

        public bool IsRoot(BranchClient client) => false;
    }
}
