using System.Net;
using Quern.Admin.V1;
using Quern.Peers.Admin;
using Quern.Peers.Ports;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>The door with recording desks, on a clock that tests move.</summary>
internal sealed class AdminTalk : IAsyncDisposable
{
    /// <summary>How long something may take that happens by itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<AdminTalker> _talkers = [];
    private readonly List<Task> _served = [];

    public AdminTalk(AdminOptions? options = null, params int[] random)
    {
        int next = 0;
        Acceptor = new AdminAcceptor(Desks.All, Desks, options ?? new AdminOptions { ServerUuid = "5f0c2e1a-7d3b-4c55-9a41-0f6e2b8c9d10" }, Time,
            () => next < random.Length ? random[next++] : System.Security.Cryptography.RandomNumberGenerator.GetInt32(1 << 23));
    }

    public RecordingDesks Desks { get; } = new();

    public ManualTimeProvider Time { get; } = new();

    public AdminAcceptor Acceptor { get; }

    /// <summary>Where those come from who connect from now on.</summary>
    public IPAddress From { get; set; } = IPAddress.Parse("192.0.2.7");

    private IPEndPoint Remote => new(From, 40000);

    /// <summary>A connection on which nothing was said yet.</summary>
    public AdminTalker Connect(bool agents = true, bool clients = true)
    {
        var (ours, theirs) = DuplexPair.Create();
        var talker = new AdminTalker(ours, Acceptor.ServeAsync(new AcceptedConnection(theirs, Remote, Remote) { Agents = agents, People = clients }, CancellationToken.None));
        _talkers.Add(talker);
        return talker;
    }

    /// <summary>A connection for a client of its own; the test ends it.</summary>
    public Stream Dial()
    {
        var (ours, theirs) = DuplexPair.Create();
        _served.Add(Acceptor.ServeAsync(new AcceptedConnection(theirs, Remote, Remote), CancellationToken.None));
        return ours;
    }

    /// <summary>One that opened a session.</summary>
    public async Task<AdminTalker> OpenAsync(params string[] capabilities)
    {
        var talker = Connect();
        await talker.OpenAsync(capabilities);
        return talker;
    }

    /// <summary>One on which somebody with these rights logged in.</summary>
    public async Task<AdminTalker> LogInAsync(string name, string[] rights, params string[] capabilities)
    {
        Desks.LetIn(name, rights);
        var talker = await OpenAsync(capabilities);
        Assert.Equal("LOGIN_OK", await talker.AskAsync(new RQ_Login { Username = name, Password = "violet tractor" }));
        return talker;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var talker in _talkers) await talker.DisposeAsync();
        await Task.WhenAll(_served).WaitAsync(Patience);
        await Acceptor.DisposeAsync();
    }
}
