using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>Both ends ours, both calling from many threads at once.</summary>
public sealed class ManyCallsTests
{
    private const int Threads = 8, CallsEach = 500;

    [Fact]
    public async Task Every_call_gets_its_own_answer_and_each_thread_keeps_its_order()
    {
        var pair = new DuplexPair();
        var mine = new Counting();
        var theirs = new Counting();
        await using var server = PerspectiveConnection.Server(pair.Ours, new PerspectiveOptions(), TimeProvider.System, theirs);
        await using var client = PerspectiveConnection.Client(pair.Theirs, new PerspectiveOptions(), TimeProvider.System);
        _ = server.RunAsync(TestContext.Current.CancellationToken);
        _ = client.RunAsync(TestContext.Current.CancellationToken);
        await client.CallAsync(client.Root, "hold", [new JellyValue.Remote(client.Export(mine))]);
        var back = server.Take(new JellyValue.Remote(1))!;

        await Task.WhenAll([
            .. Enumerable.Range(0, Threads).Select(t => Task.Run(() => CallManyAsync(client, client.Root, t))),
            .. Enumerable.Range(0, Threads).Select(t => Task.Run(() => CallManyAsync(server, back, t)))]);

        foreach (var heard in (Counting[])[mine, theirs])
        {
            Assert.Equal(Threads * CallsEach, heard.Calls.Count);
            foreach (var thread in heard.Calls.GroupBy(c => c.Thread))
                Assert.Equal(Enumerable.Range(0, CallsEach).Select(i => (long)i), thread.Select(c => c.Number));
        }
    }

    private static async Task CallManyAsync(PerspectiveConnection connection, RemoteReference target, int thread)
    {
        var answers = new List<Task<CallResult>>(CallsEach);
        for (int i = 0; i < CallsEach; i++) answers.Add(connection.CallAsync(target, "count", [(long)thread, (long)i, "some text"]));
        for (int i = 0; i < CallsEach; i++)
            Assert.Equal(new CallResult.Answered(new JellyValue.Tuple([(long)thread, (long)i])), await answers[i]);
    }

    /// <summary>Remembers who called; the reader alone writes it.</summary>
    private sealed class Counting : ILocalObject
    {
        public List<(long Thread, long Number)> Calls { get; } = [];

        public ValueTask CallAsync(IncomingCall call)
        {
            switch (call.Arguments)
            {
                case [JellyValue.Remote given]:
                    // Taken before the answer, or it would be released with it.
                    Assert.NotNull(call.Connection.Take(given));
                    call.Answer(JellyValue.None.Value);
                    break;
                case [JellyValue.Integer thread, JellyValue.Integer number, _]:
                    Calls.Add((thread.Value, number.Value));
                    call.Answer(new JellyValue.Tuple([thread, number]));
                    break;
                default:
                    call.Fail(CopiedFailure.NoSuchMethod(call.Method));
                    break;
            }
            return ValueTask.CompletedTask;
        }
    }
}
