using System.Buffers;
using System.Text;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>Revision v1 by the sections of its description.</summary>
public sealed class MsgPackV1Tests
{
    private static readonly MsgPackCodec Codec = new(new MsgPackCodecOptions { Revision = BuildbotRevision.V1 });
    private static readonly MsgPackCodecOptions ForMaster = MsgPackCodecOptions.ForMaster with { Revision = BuildbotRevision.V1 };
    private static readonly MsgPackCodecOptions ForWorker = MsgPackCodecOptions.ForWorker with { Revision = BuildbotRevision.V1 };

    public static TheoryData<string> Sections => [.. SeedMessages.BySection.Keys];

    [Theory, MemberData(nameof(Sections))]
    public void Each_message_goes_over_the_wire_as_its_section_has_it(string section)
    {
        (BuildbotMessage message, WireValue.Map wire) = SeedMessages.BySection[section];

        Assert.Equal(Convert.ToHexString(SeedMessages.Bytes(wire)), Convert.ToHexString(Encoded(message)));
    }

    [Theory, MemberData(nameof(Sections))]
    public void Each_message_of_a_section_is_read_whatever_the_order_of_its_keys(string section)
    {
        (BuildbotMessage message, WireValue.Map wire) = SeedMessages.BySection[section];

        foreach (WireValue.Map order in (WireValue.Map[])[wire, new WireValue.Map([.. wire.Entries.Reverse()])])
        {
            Assert.Equal(DecodeStatus.Success, Codec.Decode(SeedMessages.Bytes(order), out BuildbotMessage? read));
            Assert.IsType(message.GetType(), read);
            Assert.Equal(Convert.ToHexString(Encoded(message)), Convert.ToHexString(Encoded(read!)));
        }
    }

    [Theory, MemberData(nameof(Sections))]
    public void Each_end_serves_the_messages_of_the_other_and_none_of_its_own(string section)
    {
        (BuildbotMessage message, WireValue.Map wire) = SeedMessages.BySection[section];
        bool response = message is BuildbotMessage.Response;
        bool toWorker = message is BuildbotMessage.Print or BuildbotMessage.Keepalive or BuildbotMessage.GetWorkerInfo
            or BuildbotMessage.SetBuilderList or BuildbotMessage.StartCommand or BuildbotMessage.InterruptCommand
            or BuildbotMessage.Shutdown;

        Assert.Equal(response || !toWorker, Decode(ForMaster, wire) is not BuildbotMessage.Unanswerable);
        Assert.Equal(response || toWorker, Decode(ForWorker, wire) is not BuildbotMessage.Unanswerable);
    }

    [Fact]
    public void A_log_file_whose_key_is_a_pair_is_taken_wherever_the_operation_stands()
    {
        foreach (byte[] payload in (byte[][])[SeedMessages.LogUnderArrayKey, SeedMessages.LogUnderArrayKeyBeforeOp])
        {
            Assert.Equal(DecodeStatus.Success, Codec.Decode(payload, out BuildbotMessage? message));

            UpdateEntry.Text text = Assert.IsType<UpdateEntry.Text>(Assert.Single(Assert.IsType<BuildbotMessage.Update>(message).Entries));
            Assert.Equal(("log", "build.log", "line\n"), (text.Stream, text.Log, Encoding.UTF8.GetString(text.Utf8.Span)));
        }
    }

    [Fact]
    public void A_dictionary_of_several_keys_is_as_many_entries_and_its_number_means_nothing()
    {
        WireValue.Map wire = SeedMessages.Map(
            ("op", "update"), ("command_id", "1"), ("seq_number", 0L),
            ("args", SeedMessages.List(
                SeedMessages.List(SeedMessages.Map(("rc", 1L), ("stderr", "Cannot open")), 5L),
                SeedMessages.List(SeedMessages.Map(("elapsed", 3L), ("file", SeedMessages.List("x"))), 0L))));

        BuildbotMessage.Update update = Assert.IsType<BuildbotMessage.Update>(Decode(ForMaster, wire));

        Assert.Equal(
            [typeof(UpdateEntry.ReturnCode), typeof(UpdateEntry.Text), typeof(UpdateEntry.Elapsed), typeof(UpdateEntry.Files)],
            update.Entries.Select(entry => entry.GetType()));
        Assert.Equal(new UpdateEntry.Elapsed(3), update.Entries[2]);
    }

    [Theory]
    [InlineData("auth", "username")]
    [InlineData("start_command", "builder_name")]
    [InlineData("interrupt_command", "builder_name")]
    [InlineData("set_builder_list", "builders")]
    public void A_missing_key_is_named(string operation, string missing)
    {
        BuildbotMessage.Unanswerable answer = Assert.IsType<BuildbotMessage.Unanswerable>(Decode(
            ForMaster with { Side = BuildbotSide.Observer }, SeedMessages.Map(("op", operation), ("seq_number", 2L))));

        Assert.Equal($"'message did not contain obligatory \"{missing}\" key'", answer.Error);
    }

    [Theory]
    [InlineData(BuildbotRevision.V1, "set_worker_settings")]
    [InlineData(BuildbotRevision.V7, "auth")]
    [InlineData(BuildbotRevision.V7, "set_builder_list")]
    public void A_revision_does_not_know_the_operations_of_the_other(BuildbotRevision revision, string operation)
    {
        WireValue.Map wire = SeedMessages.Map(
            ("op", operation), ("seq_number", 2L), ("args", WireValue.Map.Empty), ("builders", SeedMessages.List()),
            ("username", "u"), ("password", "p"));

        BuildbotMessage.Unanswerable answer = Assert.IsType<BuildbotMessage.Unanswerable>(
            Decode(new MsgPackCodecOptions { Revision = revision }, wire));

        Assert.Equal($"Command {operation} does not exist.", answer.Error);
    }

    [Fact]
    public void A_message_of_the_other_revision_is_never_sent()
    {
        var v7 = new MsgPackCodec(new MsgPackCodecOptions());
        var output = new ArrayBufferWriter<byte>();

        Assert.Throws<ArgumentException>(() => v7.Encode(new BuildbotMessage.Auth(0, "farmer", "pw"), output));
        Assert.Throws<ArgumentException>(() => v7.Encode(new BuildbotMessage.SetBuilderList(0, []), output));
        Assert.Throws<ArgumentException>(
            () => Codec.Encode(new BuildbotMessage.SetWorkerSettings(0, WorkerSettings.Buildbot), output));
    }

    [Fact]
    public void A_password_never_enters_a_text()
    {
        string text = new BuildbotMessage.Auth(0, "farmer", "throwaway-pw").ToString();

        Assert.Contains("farmer", text, StringComparison.Ordinal);
        Assert.DoesNotContain("throwaway-pw", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Updates_of_the_wrong_shape_are_answered()
    {
        foreach (WireValue args in (WireValue[])[
            "text", SeedMessages.List("stdout", "x"), SeedMessages.List(SeedMessages.List(WireValue.Map.Empty)),
            SeedMessages.List(SeedMessages.List(SeedMessages.Map(("stdout", SeedMessages.List("x"))), 0L)),
            SeedMessages.List(SeedMessages.List(SeedMessages.Map(("log", "x")), 0L))])
        {
            BuildbotMessage.Unanswerable answer = Assert.IsType<BuildbotMessage.Unanswerable>(Decode(
                ForMaster, SeedMessages.Map(("op", "update"), ("args", args), ("command_id", "1"), ("seq_number", 9L))));

            Assert.Equal("message had a wrong value for key \"args\"", answer.Error);
        }
    }

    private static BuildbotMessage Decode(MsgPackCodecOptions options, WireValue wire)
    {
        Assert.Equal(DecodeStatus.Success, new MsgPackCodec(options).Decode(SeedMessages.Bytes(wire), out BuildbotMessage? message));
        return message!;
    }

    private static byte[] Encoded(BuildbotMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
