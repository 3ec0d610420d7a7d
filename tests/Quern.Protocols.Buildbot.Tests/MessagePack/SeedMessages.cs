using System.Buffers;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>
/// Every message of revision v1 by the section of the protocol's description that has it, with the dictionary that goes over
/// the wire, written down from that description and not from the codec.
/// </summary>
internal static class SeedMessages
{
    private static readonly WireValue Nil = WireValue.Nil.Value;
    private static readonly ReadOnlyMemory<byte> Block = "chunk\0of a file"u8.ToArray();

    public static IReadOnlyDictionary<string, (BuildbotMessage Message, WireValue.Map Wire)> BySection { get; } =
        new Dictionary<string, (BuildbotMessage, WireValue.Map)>
        {
            ["Response message"] = (
                new BuildbotMessage.Response(3, Nil, IsException: false),
                Map(("op", "response"), ("seq_number", 3L), ("result", Nil))),
            ["Response message, is_exception"] = (
                new BuildbotMessage.Response(3, "no such thing", IsException: true),
                Map(("op", "response"), ("seq_number", 3L), ("result", "no such thing"), ("is_exception", true))),
            ["print"] = (
                new BuildbotMessage.Print(1, "attached"), Map(("op", "print"), ("message", "attached"), ("seq_number", 1L))),
            ["keep-alive"] = (new BuildbotMessage.Keepalive(7), Map(("op", "keepalive"), ("seq_number", 7L))),
            ["get_worker_info"] = (new BuildbotMessage.GetWorkerInfo(1), Map(("op", "get_worker_info"), ("seq_number", 1L))),
            ["set_builder_list"] = (
                new BuildbotMessage.SetBuilderList(2, [new BuilderPlace("slot-1", "slot-1"), new BuilderPlace("other", "/srv/other")]),
                Map(("op", "set_builder_list"), ("builders", List(List("slot-1", "slot-1"), List("other", "/srv/other"))), ("seq_number", 2L))),
            ["start_command"] = (
                new BuildbotMessage.StartCommand(4, "12", "mkdir", Map(("dir", "build")), "slot-1"),
                Map(("op", "start_command"), ("builder_name", "slot-1"), ("command_id", "12"), ("command_name", "mkdir"),
                    ("args", Map(("dir", "build"))), ("seq_number", 4L))),
            ["interrupt_command"] = (
                new BuildbotMessage.InterruptCommand(5, "12", "stop requested", "slot-1"),
                Map(("op", "interrupt_command"), ("builder_name", "slot-1"), ("command_id", "12"), ("why", "stop requested"), ("seq_number", 5L))),
            ["shutdown"] = (new BuildbotMessage.Shutdown(6), Map(("op", "shutdown"), ("seq_number", 6L))),
            ["auth"] = (
                new BuildbotMessage.Auth(0, "farmer", "throwaway-pw"),
                Map(("op", "auth"), ("username", "farmer"), ("password", "throwaway-pw"), ("seq_number", 0L))),
            ["update"] = (
                new BuildbotMessage.Update(8, "12", [Text("stdout", "", "half a li"), new UpdateEntry.ReturnCode(2)]),
                Update(8, ("stdout", "half a li"), ("rc", 2L))),
            ["update_upload_file_write"] = (
                new BuildbotMessage.UploadFileWrite(9, "12", Block),
                Map(("op", "update_upload_file_write"), ("args", new WireValue.Binary(Block)), ("command_id", "12"), ("seq_number", 9L))),
            ["update_upload_file_close"] = (new BuildbotMessage.UploadFileClose(9, "12"), Notice("update_upload_file_close")),
            ["update_upload_file_utime"] = (
                new BuildbotMessage.UploadFileUtime(9, "12", 1000.5, 999.25),
                Map(("op", "update_upload_file_utime"), ("access_time", 1000.5), ("modified_time", 999.25), ("command_id", "12"), ("seq_number", 9L))),
            ["update_read_file"] = (
                new BuildbotMessage.ReadFile(9, "12", 65536),
                Map(("op", "update_read_file"), ("length", 65536L), ("command_id", "12"), ("seq_number", 9L))),
            ["update_read_file_close"] = (new BuildbotMessage.ReadFileClose(9, "12"), Notice("update_read_file_close")),
            ["update_upload_directory_write"] = (
                new BuildbotMessage.UploadDirectoryWrite(9, "12", Block),
                Map(("op", "update_upload_directory_write"), ("args", new WireValue.Binary(Block)), ("command_id", "12"), ("seq_number", 9L))),
            ["update_upload_directory_unpack"] = (
                new BuildbotMessage.UploadDirectoryUnpack(9, "12"), Notice("update_upload_directory_unpack")),
            ["complete"] = (
                new BuildbotMessage.Complete(9, "12", null),
                Map(("op", "complete"), ("args", Nil), ("command_id", "12"), ("seq_number", 9L))),
            ["complete, failure"] = (
                new BuildbotMessage.Complete(9, "12", "it broke"),
                Map(("op", "complete"), ("args", "it broke"), ("command_id", "12"), ("seq_number", 9L))),
            ["keys of update: stdout"] = (Said(Text("stdout", "", "out\n")), Update(8, ("stdout", "out\n"))),
            ["keys of update: rc"] = (Said(new UpdateEntry.ReturnCode(-1)), Update(8, ("rc", -1L))),
            ["keys of update: header"] = (Said(Text("header", "", "in dir /b")), Update(8, ("header", "in dir /b"))),
            ["keys of update: files"] = (Said(new UpdateEntry.Files(["a", "b c"])), Update(8, ("files", List("a", "b c")))),
            ["keys of update: stderr"] = (Said(Text("stderr", "", "err\n")), Update(8, ("stderr", "err\n"))),
            ["keys of update: log"] = (Said(Text("log", "build.log", "line\n")), Update(8, ("log", List("build.log", "line\n")))),
            ["keys of update: elapsed"] = (Said(new UpdateEntry.Elapsed(1.5)), Update(8, ("elapsed", 1.5))),
            ["stat"] = (Said(new UpdateEntry.Stat([33188, 7, 1, 1, 0, 0, 12, 1000, 1001, 1002])), Update(8, ("stat", new WireValue.List(
                [33188L, 7L, 1L, 1L, 0L, 0L, 12L, 1000L, 1001L, 1002L])))),
        };

    /// <summary>The bytes of all, and of what the description allows beside them.</summary>
    public static IReadOnlyList<byte[]> Payloads { get; } =
        [.. BySection.Values.Select(pair => Bytes(pair.Wire)), LogUnderArrayKey, LogUnderArrayKeyBeforeOp];

    /// <summary>"Keys and values of args dictionary value in update request message", <c>Tuple ("log", name)</c>: an array as a key.</summary>
    public static byte[] LogUnderArrayKey => Write(writer =>
    {
        writer.WriteMapHeader(4);
        writer.WriteString("op");
        writer.WriteString("update");
        writer.WriteString("command_id");
        writer.WriteString("12");
        WriteLogUpdate(writer);
        writer.WriteString("seq_number");
        writer.WriteInt64(8);
    });

    public static byte[] LogUnderArrayKeyBeforeOp => Write(writer =>
    {
        writer.WriteMapHeader(4);
        WriteLogUpdate(writer);
        writer.WriteString("seq_number");
        writer.WriteInt64(8);
        writer.WriteString("command_id");
        writer.WriteString("12");
        writer.WriteString("op");
        writer.WriteString("update");
    });

    public static WireValue.Map Map(params (string Key, WireValue Value)[] pairs) =>
        new([.. pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))]);

    public static WireValue.List List(params WireValue[] items) => new([.. items]);

    public static byte[] Bytes(WireValue value) => Write(writer => writer.WriteValue(value));

    private delegate void Writing(MsgPackWriter writer);

    private static byte[] Write(Writing write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new MsgPackWriter(output));
        return output.WrittenSpan.ToArray();
    }

    private static void WriteLogUpdate(MsgPackWriter writer)
    {
        writer.WriteString("args");
        writer.WriteArrayHeader(1);
        writer.WriteArrayHeader(2);
        writer.WriteMapHeader(1);
        writer.WriteValue(List("log", "build.log"));
        writer.WriteString("line\n");
        writer.WriteInt64(0);
    }

    private static BuildbotMessage.Update Said(UpdateEntry entry) => new(8, "12", [entry]);

    private static UpdateEntry.Text Text(string stream, string log, string text) =>
        new(stream, log, System.Text.Encoding.UTF8.GetBytes(text), default, default);

    private static WireValue.Map Update(long number, params (string Key, WireValue Value)[] entries) => Map(
        ("op", "update"),
        ("args", List([.. entries.Select(entry => List(Map(entry), 0L))])),
        ("command_id", "12"),
        ("seq_number", number));

    private static WireValue.Map Notice(string operation) =>
        Map(("op", operation), ("command_id", "12"), ("seq_number", 9L));
}
