using System.Globalization;
using Quern.Protocols.Perspective.Codec;
using Quern.Protocols.Perspective.Driver;
using Xunit;

namespace Quern.Protocols.Perspective.Golden;

/// <summary>Every capture once more, through a connection that takes the place of the side that heard it.</summary>
public sealed class ReplayTests
{
    public static TheoryData<string> StreamNames => [.. Captures.Streams.Select(stream => stream.Name)];

    /// <summary>Byte by byte, which is every cut at once, and in pieces that end anywhere.</summary>
    [Theory, MemberData(nameof(StreamNames))]
    public async Task A_connection_hears_the_same_however_the_bytes_are_cut(string name)
    {
        CapturedStream stream = Captures.Streams.Single(s => s.Name == name);
        PerspectiveMessage[] messages = [.. stream.Elements().Skip(1).Select(e => Wire.Message(e))];
        string[] calls = [.. messages.OfType<PerspectiveMessage.Call>().Select(Shown)];
        string[] answers = [.. messages.Where(m => m is PerspectiveMessage.Answer or PerspectiveMessage.Error).Select(m => Convert.ToHexString(Wire.Encode(m)))];

        foreach (int piece in (int[])[1, 7, 1000, int.MaxValue])
        {
            var (heard, results) = await ReplayAsync(stream, messages, piece);

            Assert.Equal(calls, heard);
            Assert.Equal(answers.Order(), results.Order());
        }
    }

    private static async Task<(List<string> Calls, List<string> Answers)> ReplayAsync(CapturedStream stream, PerspectiveMessage[] messages, int piece)
    {
        var heard = new List<string>();
        var collector = ScriptedObject.Of(call => heard.Add(Taken(call)));
        var bytes = new ScriptedStream(stream.Bytes) { Piece = piece };
        await using var connection = stream.FromWorker
            ? PerspectiveConnection.Server(bytes, new PerspectiveOptions(), TimeProvider.System, collector)
            : PerspectiveConnection.Client(bytes, new PerspectiveOptions(), TimeProvider.System);
        var asked = Ask(connection, messages, heard);

        Assert.Equal("the peer closed the connection", await connection.RunAsync(TestContext.Current.CancellationToken));

        var answers = new List<string>();
        for (int i = 0; i < asked.Count; i++)
        {
            switch (await asked[i])
            {
                case CallResult.Answered answered:
                    answers.Add(Convert.ToHexString(Wire.Encode(new PerspectiveMessage.Answer(i + 1, answered.Value))));
                    break;
                case CallResult.Failed failed:
                    answers.Add(Convert.ToHexString(Wire.Encode(new PerspectiveMessage.Error(i + 1, failed.Failure))));
                    break;
            }
        }
        return (heard, answers);
    }

    /// <summary>Makes the calls that the capture answers, and gives the objects that it calls and lets go of, once more than it does.</summary>
    private static List<Task<CallResult>> Ask(PerspectiveConnection connection, PerspectiveMessage[] messages, List<string> heard)
    {
        long objects = messages.Max(m => m switch
        {
            PerspectiveMessage.Call call => call.Target.Number,
            PerspectiveMessage.Release release => release.ObjectNumber,
            _ => 0,
        });
        int times = messages.OfType<PerspectiveMessage.Release>().GroupBy(r => r.ObjectNumber).Select(g => g.Count()).DefaultIfEmpty().Max() + 1;
        long requests = messages.Max(m => m switch
        {
            PerspectiveMessage.Answer answer => answer.RequestId,
            PerspectiveMessage.Error error => error.RequestId,
            _ => 1,
        });
        var given = new List<JellyValue>();
        for (long i = 0; i < objects; i++)
        {
            var remote = new JellyValue.Remote(connection.Export(ScriptedObject.Of(call => heard.Add(Taken(call)))));
            given.AddRange(Enumerable.Repeat(remote, times));
        }
        var asked = new List<Task<CallResult>>();
        for (long i = 0; i < requests; i++) asked.Add(connection.CallAsync(connection.Root, "m", i == 0 ? [.. given] : []));
        return asked;
    }

    private static string Taken(IncomingCall call)
    {
        string shown = Shown(new PerspectiveMessage.Call(call.RequestId, default, call.Method, call.WantsAnswer, call.Arguments, call.Keywords));
        call.Answer(JellyValue.None.Value);
        return shown;
    }

    private static string Shown(PerspectiveMessage.Call call) => string.Create(
        CultureInfo.InvariantCulture, $"{call.Method} {Convert.ToHexString(Wire.Encode(call with { Target = default }))}");
}
