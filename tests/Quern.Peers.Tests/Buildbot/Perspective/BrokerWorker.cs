using System.Net;
using System.Net.Sockets;
using Quern.Testing;

namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>A worker over Perspective Broker whose every message the test writes.</summary>
internal sealed class BrokerWorker : IAsyncDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly Queue<object[]> _passed = new();
    private long _request;
    private long _lastBuilder = 1;

    public NetworkStream Stream => _client.GetStream();

    /// <summary>Names of the builders that the master wants, in the order of its last list.</summary>
    public Dictionary<string, long> Builders { get; } = [];

    /// <summary>How it answers a question about itself; null for a method that it does not have.</summary>
    public Func<string, object?> Describe { get; init; } = DescribeNew;

    public static async Task<BrokerWorker> ConnectAsync(IPEndPoint endPoint, Func<string, object?>? describe = null)
    {
        var worker = new BrokerWorker { Describe = describe ?? DescribeNew };
        await worker._client.ConnectAsync(endPoint);
        await worker.ReadAsync();
        await worker.SendAsync("pb");
        await worker.SendAsync(new object[] { "version", 6 });
        await worker.ReadAsync();
        return worker;
    }

    /// <summary>Connects, logs in and answers until the master has let it in.</summary>
    public static async Task<BrokerWorker> AttachAsync(IPEndPoint endPoint, string name = "farmer", Func<string, object?>? describe = null)
    {
        BrokerWorker worker = await ConnectAsync(endPoint, describe);
        long respond = await worker.LoginAsync(name, TestGate.Password);
        while (true)
        {
            object[] message = (object[])await worker.ReadAsync();
            if (Banana.TextOf(message[0]) == "answer" && (long)message[1] == respond) return worker;
            if (Banana.TextOf(message[0]) == "error") throw new InvalidOperationException(Banana.TextOf(message));
            await worker.ServeAsync(message);
        }
    }

    /// <summary>Asks for a challenge and answers it; the number of the request whose answer decides.</summary>
    public async Task<long> LoginAsync(string name, string password)
    {
        long login = await CallAsync("root", "login", name);
        object[] answer = await AnswerToAsync(login);
        object[] challenge = (object[])answer[2];
        return await CallAsync(
            Jelly.Id(challenge[2]), "respond", ChallengeResponse.Of(password, (byte[])challenge[1]), Jelly.Remote(1));
    }

    /// <summary>Sends a call and tells its number.</summary>
    public async Task<long> CallAsync(object target, string method, params object[] arguments)
    {
        long request = ++_request;
        await SendAsync(new object[] { "message", request, target, method, 1, Jelly.Tuple(arguments), Jelly.Dictionary() });
        return request;
    }

    public async Task SendAsync(object element) => await Stream.WriteAsync(Banana.Encode(element));

    /// <summary>The master's answer or error to a request; other messages are kept for <see cref="NextCallAsync"/>.</summary>
    public async Task<object[]> AnswerToAsync(long request)
    {
        while (true)
        {
            object[] message = (object[])await ReadAsync();
            if (Banana.TextOf(message[0]) is "answer" or "error" && (long)message[1] == request) return message;
            _passed.Enqueue(message);
        }
    }

    /// <summary>The master's next call of one method; its questions about builders are answered meanwhile, answers passed over.</summary>
    public async Task<object[]> NextCallAsync(string method)
    {
        while (true)
        {
            object[] message = _passed.TryDequeue(out object[]? passed) ? passed : (object[])await ReadAsync();
            if (Banana.TextOf(message[0]) != "message") continue;
            if (Banana.TextOf(message[3]) == method) return message;
            await ServeAsync(message);
        }
    }

    /// <summary>The next command: takes it and tells step, id, name and arguments.</summary>
    public async Task<BrokerCommand> NextCommandAsync()
    {
        object[] call = await NextCallAsync("startCommand");
        await SendAsync(new object[] { "answer", call[1], Jelly.None });
        object[] arguments = (object[])call[5];
        return new BrokerCommand(
            (long)call[2], Jelly.Id(arguments[1]), Banana.TextOf(arguments[2]), Banana.TextOf(arguments[3]), Jelly.Pairs(arguments[4]));
    }

    /// <summary>One update with one key, as workers from 3.6 on send them.</summary>
    public Task<long> UpdateAsync(BrokerCommand command, string key, object value) =>
        CallAsync(command.Step, "update", Jelly.List(Jelly.List(Jelly.Dictionary((key, value)), 0)));

    public async Task FinishAsync(BrokerCommand command, int code)
    {
        await UpdateAsync(command, "rc", code);
        await CallAsync(command.Step, "complete", Jelly.None);
    }

    public async Task<object> ReadAsync()
    {
        using var late = new CancellationTokenSource(TestGate.Patience);
        return await Banana.ReadAsync(Stream, late.Token);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }

    /// <summary>Answers a call of the master as a worker would.</summary>
    public async Task ServeAsync(object[] message)
    {
        if (Banana.TextOf(message[0]) != "message") return;
        string method = Banana.TextOf(message[3]);
        object? answer = method switch
        {
            "print" or "startBuild" or "interruptCommand" or "shutdown" => Jelly.None,
            "setBuilderList" => Make((object[])((object[])message[5])[1]),
            _ => Describe(method),
        };
        await SendAsync(answer is null
            ? new object[] { "error", message[1], Jelly.Failure("twisted.spread.flavors.NoSuchMethod", $"No such method: remote_{method}") }
            : new object[] { "answer", message[1], answer });
    }

    private object Make(object[] list)
    {
        string[] names = [.. list.Skip(1).Select(pair => Banana.TextOf(((object[])pair)[1]))];
        foreach (string gone in Builders.Keys.Except(names).ToArray()) Builders.Remove(gone);
        foreach (string name in names)
            if (!Builders.ContainsKey(name)) Builders.Add(name, ++_lastBuilder);
        return Jelly.Dictionary([.. names.Select(name => ((object)name, (object)Jelly.Remote(Builders[name])))]);
    }

    private static object? DescribeNew(string method) => method != "getWorkerInfo" ? null : Jelly.Dictionary(
        ("basedir", Jelly.Text("/srv/worker")), ("system", Jelly.Text("posix")), ("version", Jelly.Text("3.7.0")), ("numcpus", 4),
        ("environ", Jelly.Dictionary(("PATH", Jelly.Text("/bin")))),
        ("worker_commands", Jelly.Dictionary([.. new[]
        {
            "shell", "uploadFile", "uploadDirectory", "downloadFile", "mkdir", "rmdir", "cpdir", "stat", "glob", "listdir", "rmfile",
        }.Select(name => ((object)name, (object)Jelly.Text("3.1")))])));
}

/// <summary>A command that the master has started.</summary>
/// <param name="Builder">The worker's object that it was started in.</param>
/// <param name="Step">The master's object for it.</param>
internal sealed record BrokerCommand(long Builder, long Step, string Id, string Name, Dictionary<string, object> Arguments)
{
    public string this[string argument] => Banana.TextOf(Arguments[argument]);
}
