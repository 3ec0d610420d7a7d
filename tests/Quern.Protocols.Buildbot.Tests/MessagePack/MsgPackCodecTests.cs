using System.Buffers;
using System.Text;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class MsgPackCodecTests
{
    [Theory]
    [InlineData("83a26f70a57072696e74a76d657373616765a86174746163686564aa7365715f6e756d62657200", typeof(BuildbotMessage.Print))]
    [InlineData("83a26f70a8726573706f6e7365aa7365715f6e756d62657200a6726573756c74c0", typeof(BuildbotMessage.Response))]
    [InlineData("82a26f70af6765745f776f726b65725f696e666faa7365715f6e756d62657201", typeof(BuildbotMessage.GetWorkerInfo))]
    [InlineData("84a26f70a8636f6d706c657465a461726773c0aa636f6d6d616e645f6964a130aa7365715f6e756d62657201", typeof(BuildbotMessage.Complete))]
    [InlineData("84a26f70a6757064617465a4617267739292a67374646f757493a46f75740a910391cb41dac0b187a0000092a2726300aa636f6d6d616e645f6964a132aa7365715f6e756d62657204", typeof(BuildbotMessage.Update))]
    public void Bytes_of_the_protocol_description_read_as_described(string hex, Type kind)
    {
        byte[] bytes = Convert.FromHexString(hex);
        var codec = new MsgPackCodec(new MsgPackCodecOptions());
        var output = new ArrayBufferWriter<byte>();

        Assert.Equal(DecodeStatus.Success, codec.Decode(bytes, out BuildbotMessage? message));
        codec.Encode(message!, output);

        Assert.IsType(kind, message);
        Assert.Equal(hex, Convert.ToHexStringLower(output.WrittenSpan));
    }

    [Theory]
    [InlineData("auth", "Command auth does not exist.")]
    [InlineData("print", "Command print does not exist.")]
    public void An_operation_a_master_does_not_serve_is_answered_by_its_name(string operation, string error)
    {
        BuildbotMessage.Unanswerable answer = Assert.IsType<BuildbotMessage.Unanswerable>(
            Decode(MsgPackCodecOptions.ForMaster, ("op", operation), ("seq_number", 5L), ("message", "x")));

        Assert.Equal(new BuildbotMessage.Unanswerable(5, operation, error), answer);
    }

    [Theory]
    [InlineData("update", "command_id", "args")]
    [InlineData("update_upload_file_close", "x", "command_id")]
    [InlineData("update_read_file", "command_id", "length")]
    public void A_missing_key_is_named_with_the_quotes_of_real_peers(string operation, string present, string missing)
    {
        BuildbotMessage.Unanswerable answer = Assert.IsType<BuildbotMessage.Unanswerable>(
            Decode(MsgPackCodecOptions.ForMaster, ("op", operation), (present, "1"), ("seq_number", 2L)));

        Assert.Equal($"'message did not contain obligatory \"{missing}\" key'", answer.Error);
    }

    [Fact]
    public void Settings_without_one_of_the_four_are_refused_in_the_words_of_real_workers()
    {
        BuildbotMessage.Unanswerable answer = Assert.IsType<BuildbotMessage.Unanswerable>(Decode(
            MsgPackCodecOptions.ForWorker,
            ("op", "set_worker_settings"), ("args", new WireValue.Map([new("buffer_size", 5L)])), ("seq_number", 2L)));

        Assert.Equal("'message did not contain obligatory settings for worker'", answer.Error);
    }

    [Fact]
    public void A_value_of_the_wrong_type_is_answered_and_the_rest_of_the_message_still_read()
    {
        BuildbotMessage.Unanswerable answer = Assert.IsType<BuildbotMessage.Unanswerable>(Decode(
            MsgPackCodecOptions.ForMaster, ("op", "update"), ("args", "no list"), ("command_id", "1"), ("seq_number", 9L)));

        Assert.Equal(9, answer.SequenceNumber);
        Assert.Equal("message had a wrong value for key \"args\"", answer.Error);
    }

    [Fact]
    public void Keys_may_come_in_any_order()
    {
        var entries = new WireValue.List([new WireValue.List(["rc", 3L])]);

        BuildbotMessage.Update update = Assert.IsType<BuildbotMessage.Update>(Decode(
            MsgPackCodecOptions.ForMaster,
            ("seq_number", 9L), ("extra", "ignored"), ("args", entries), ("command_id", "1"), ("op", "update")));

        Assert.Equal("1", update.CommandId);
        Assert.Equal([new UpdateEntry.ReturnCode(3)], update.Entries);
    }

    [Fact]
    public void A_message_without_op_or_number_is_to_be_ignored()
    {
        Assert.IsType<BuildbotMessage.Ignored>(Decode(MsgPackCodecOptions.ForMaster, ("op", "update")));
        Assert.IsType<BuildbotMessage.Ignored>(Decode(MsgPackCodecOptions.ForMaster, ("seq_number", 1L)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("c0")]
    [InlineData("93010203")]
    [InlineData("81c4")]
    [InlineData("8101a161")]
    [InlineData("82a26f70c1aa7365715f6e756d62657200")]
    [InlineData("82a26f70a2c328aa7365715f6e756d62657200")]
    [InlineData("82a26f70d40000aa7365715f6e756d62657200")]
    [InlineData("82a26f70a8726573706f6e7365aa7365715f6e756d62657200")]
    [InlineData("82a26f70a96b656570616c697665aa7365715f6e756d626572a130")]
    [InlineData("82a26f70a96b656570616c697665aa7365715f6e756d6265720000")]
    public void What_real_peers_break_the_connection_for_is_malformed(string hex)
    {
        DecodeStatus status = new MsgPackCodec(new MsgPackCodecOptions()).Decode(Convert.FromHexString(hex), out BuildbotMessage? message);

        Assert.Equal(DecodeStatus.Malformed, status);
        Assert.Null(message);
    }

    [Fact]
    public void Every_integer_form_and_float32_is_accepted()
    {
        foreach (string form in (string[])["07", "cc07", "cd0007", "ce00000007", "cf0000000000000007", "d007", "d10007", "d200000007", "d30000000000000007"])
        {
            var reader = new MsgPackReader(Convert.FromHexString(form), MsgPackLimits.Default);
            Assert.Equal(7, reader.ReadInt64());
            Assert.Equal(DecodeStatus.Success, reader.Status);
        }

        var single = new MsgPackReader(Convert.FromHexString("ca3fc00000"), MsgPackLimits.Default);
        Assert.Equal(1.5, single.ReadDouble());
    }

    [Theory]
    [Trait("CWE", "789")]
    [InlineData("dd7fffffff")]
    [InlineData("df7fffffff")]
    [InlineData("dbffffffff")]
    [InlineData("c6ffffffff")]
    public void A_declared_length_beyond_the_limit_is_refused_before_anything_is_allocated(string hex)
    {
        byte[] bytes = Convert.FromHexString("82a26f70a8726573706f6e7365a6726573756c74" + hex);
        var codec = new MsgPackCodec(new MsgPackCodecOptions());
        codec.Decode(bytes, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();

        DecodeStatus status = codec.Decode(bytes, out _);

        Assert.Equal(DecodeStatus.TooLarge, status);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1024);
    }

    [Fact]
    [Trait("CWE", "674")]
    public void Nesting_beyond_the_limit_is_refused()
    {
        byte[] bytes = [.. Convert.FromHexString("83a26f70a8726573706f6e7365aa7365715f6e756d62657200a6726573756c74"),
            .. Enumerable.Repeat((byte)0x91, 100_000), 0xc0];

        Assert.Equal(DecodeStatus.TooLarge, new MsgPackCodec(new MsgPackCodecOptions()).Decode(bytes, out _));
    }

    [Fact]
    [Trait("CWE", "789")]
    public void Many_small_values_that_would_grow_in_memory_are_refused()
    {
        const int limit = 64 * 1024;
        byte[] bytes = [.. Convert.FromHexString("83a26f70a8726573706f6e7365aa7365715f6e756d62657200a6726573756c74dcf000"),
            .. Enumerable.Repeat((byte)0x01, 0xf000)];
        var codec = new MsgPackCodec(new MsgPackCodecOptions { Limits = new MsgPackLimits(limit) });
        long before = GC.GetAllocatedBytesForCurrentThread();

        DecodeStatus status = codec.Decode(bytes, out _);

        Assert.Equal(DecodeStatus.TooLarge, status);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < limit + (64 * 1024));
    }

    [Fact]
    public void A_name_this_version_does_not_know_is_kept()
    {
        var entries = new WireValue.List([new WireValue.List(["weather", "fine"])]);

        BuildbotMessage.Update update = Assert.IsType<BuildbotMessage.Update>(Decode(
            MsgPackCodecOptions.ForMaster, ("op", "update"), ("args", entries), ("command_id", "1"), ("seq_number", 0L)));

        Assert.Equal([new UpdateEntry.Unknown("weather", "fine")], update.Entries);
    }

    private static BuildbotMessage Decode(MsgPackCodecOptions options, params (string Key, WireValue Value)[] pairs)
    {
        var output = new ArrayBufferWriter<byte>();
        new MsgPackWriter(output).WriteValue(new WireValue.Map([.. pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))]));
        DecodeStatus status = new MsgPackCodec(options).Decode(output.WrittenMemory, out BuildbotMessage? message);
        Assert.True(status is DecodeStatus.Success, $"{status}: {Encoding.Latin1.GetString(output.WrittenSpan)}");
        return message!;
    }
}
