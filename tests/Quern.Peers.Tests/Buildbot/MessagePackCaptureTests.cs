using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Tests.Buildbot.Perspective;
using Quern.Protocols.Buildbot;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>Real workers of <c>msgpack_experimental_v7</c>, replayed: our master gives commands of the same kinds and understands all they said.</summary>
public sealed class MessagePackCaptureTests
{
    private const long Limit = 64 * 1024 * 1024;

    private static readonly MsgPackCodec Codec = new(new MsgPackCodecOptions());

    /// <summary>Every capture in which a build was run.</summary>
    public static TheoryData<string> Captures =>
    [
        .. new[] { "msgpack", "msgpack-4.3.0" }.SelectMany(folder => Directory
            .GetFiles(Path.Combine(Repository.Root, "tests", "golden", folder), "*.decoded.jsonl")
            .Select(file => $"{folder}/{Path.GetFileName(file).Split('.')[0]}"))
            .Where(capture => CapturedCommand.OfMessagePack(capture).Count > 0).Order(StringComparer.Ordinal),
    ];

    [Theory, MemberData(nameof(Captures))]
    public async Task What_a_real_worker_said_of_its_commands_is_taken(string capture)
    {
        BuildbotMessage[] said = [.. SaidBy(capture)];
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using var _ = worker;
        IReadOnlyList<CapturedCommand> commands = CapturedCommand.OfMessagePack(capture);

        foreach (CapturedCommand command in commands)
        {
            BuildbotMessage[] words = [.. said.Where(m => MessagePackConnection.CommandOf(m) == command.Id)];
            var observer = new RecordingObserver(new byte[40_000]);

            CommandResult result = await PlayAsync(worker, link, command, words, observer);

            Assert.True(command.Fits(result), $"{command} came to {result}");
            Assert.Equal(Heard(words), observer.Text);
            Assert.Equal(Written(words), observer.Written);
        }
        Assert.NotEmpty(commands);
    }

    /// <summary>The bytes that the test above compares are those of the file that was uploaded.</summary>
    [Fact]
    public void The_capture_of_a_large_file_holds_all_of_it()
    {
        CapturedCommand upload = CapturedCommand.OfMessagePack("msgpack/upload-file").Single(c => c.Name == "upload_file");

        Assert.Equal(CapturedWorker.BigFile, Written([.. SaidBy("msgpack/upload-file").Where(m => MessagePackConnection.CommandOf(m) == upload.Id)]));
    }

    private static async Task<CommandResult> PlayAsync(
        ScriptedWorker worker, MessagePackLink link, CapturedCommand command, BuildbotMessage[] words, RecordingObserver observer)
    {
        Task<CommandResult> run = link.RunAsync(command.Again, "slot-1", observer, default);
        var start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        if (words.Length == 0)
        {
            await worker.SendAsync(_ => new BuildbotMessage.Response(start.SequenceNumber, "refused", IsException: true));
            return await run.WaitAsync(TestGate.Patience);
        }
        await worker.AnswerAsync(start, WireValue.Nil.Value);
        foreach (BuildbotMessage word in words)
        {
            long number = await worker.SendAsync(n => As(word, n, start.CommandId));
            Assert.False((await worker.AnswerToAsync(number)).IsException, $"{word} was refused");
        }
        return await run.WaitAsync(TestGate.Patience);
    }

    private static string Heard(BuildbotMessage[] words)
    {
        var heard = new StringBuilder();
        foreach (UpdateEntry.Text text in words.OfType<BuildbotMessage.Update>().SelectMany(u => u.Entries).OfType<UpdateEntry.Text>())
        {
            string stream = text.Stream switch { "stderr" => "Stderr", "header" => "Header", _ => "Stdout" };
            heard.Append(stream).Append(':').Append(Encoding.UTF8.GetString(text.Utf8.Span));
        }
        return heard.ToString();
    }

    private static byte[] Written(BuildbotMessage[] words) =>
    [
        .. words.SelectMany(w => w switch
        {
            BuildbotMessage.UploadFileWrite write => write.Block.ToArray(),
            BuildbotMessage.UploadDirectoryWrite write => write.Block.ToArray(),
            _ => [],
        }),
    ];

    private static BuildbotMessage As(BuildbotMessage message, long number, string id) => message switch
    {
        BuildbotMessage.Update m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.Complete m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.UploadFileWrite m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.UploadFileClose m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.UploadFileUtime m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.UploadDirectoryWrite m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.UploadDirectoryUnpack m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.ReadFile m => m with { SequenceNumber = number, CommandId = id },
        BuildbotMessage.ReadFileClose m => m with { SequenceNumber = number, CommandId = id },
        _ => throw new ArgumentException($"{message} is no word of a command.", nameof(message)),
    };

    /// <summary>What the worker sent on the first connection: one frame to a message, each masked.</summary>
    private static IEnumerable<BuildbotMessage> SaidBy(string capture)
    {
        var bytes = new MemoryStream();
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", capture + ".jsonl")))
        {
            using JsonDocument chunk = JsonDocument.Parse(line);
            if (chunk.RootElement.GetProperty("conn").GetInt32() == 1 && chunk.RootElement.GetProperty("dir").GetString() == "w2m")
                bytes.Write(CapturedChunk.BytesOf(chunk.RootElement));
        }
        byte[] all = bytes.ToArray();
        for (int at = all.AsSpan().IndexOf("\r\n\r\n"u8) + 4; at + 2 <= all.Length;)
        {
            int opcode = all[at] & 15, head = at + 2;
            long length = all[at + 1] & 0x7F;
            if (length == 126) (length, head) = (BinaryPrimitives.ReadUInt16BigEndian(all.AsSpan(head)), head + 2);
            else if (length == 127) (length, head) = ((long)BinaryPrimitives.ReadUInt64BigEndian(all.AsSpan(head)), head + 8);
            Assert.InRange(length, 0, Limit);
            byte[] payload = all[(head + 4)..(head + 4 + (int)length)];
            for (int i = 0; i < payload.Length; i++) payload[i] ^= all[head + (i & 3)];
            at = head + 4 + payload.Length;
            if (opcode != 2) continue;
            Assert.Equal(Quern.Protocols.DecodeStatus.Success, Codec.Decode(payload, out BuildbotMessage? message));
            yield return message!;
        }
    }
}
