using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>Random values and messages.</summary>
internal static class WireGenerators
{
    private static Gen<string> Texts => ArbMap.Default.GeneratorFor<NonNull<string>>()
        .Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get)));

    private static Gen<long> Longs => Gen.OneOf(
        ArbMap.Default.GeneratorFor<long>(),
        Gen.Elements(
            0, 127, 128, 255, 256, 65535, 65536, uint.MaxValue, uint.MaxValue + 1L, long.MaxValue,
            -1, -32, -33, -128, -129, -32768, -32769, int.MinValue, int.MinValue - 1L, long.MinValue));

    private static Gen<double> Doubles => ArbMap.Default.GeneratorFor<NormalFloat>().Select(number => number.Get);

    public static Arbitrary<WireValue> Values => Gen.Sized(size => Value(Math.Min(size, 24))).ToArbitrary();

    public static Arbitrary<BuildbotMessage> Messages => Message().ToArbitrary();

    private static Gen<WireValue> Value(int size)
    {
        Gen<WireValue> leaf = Gen.OneOf(
            Gen.Constant<WireValue>(WireValue.Nil.Value),
            ArbMap.Default.GeneratorFor<bool>().Select(WireValue.FromBoolean),
            Longs.Select(WireValue.FromInt64),
            Doubles.Select(WireValue.FromDouble),
            Texts.Select(WireValue.FromString),
            Blocks().Select(block => (WireValue)new WireValue.Binary(block)));
        if (size <= 0) return leaf;
        Gen<WireValue[]> inner = Value(size / 4).ArrayOf(4);
        return Gen.OneOf(
            leaf,
            inner.Select(items => (WireValue)new WireValue.List([.. items])),
            inner.SelectMany(items => Texts, (items, key) => (WireValue)new WireValue.Map(
                [.. items.Select((item, i) => KeyValuePair.Create($"{key}{i}", item))])));
    }

    private static Gen<ReadOnlyMemory<byte>> Blocks() =>
        ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => new ReadOnlyMemory<byte>(bytes));

    private static Gen<BuildbotMessage> Message() =>
        from number in Longs
        from id in Texts
        from text in Texts
        from value in Value(12)
        from time in Doubles
        from entries in Entry().ArrayOf()
        from block in Blocks()
        from message in Gen.Elements<BuildbotMessage>(
            new BuildbotMessage.Print(number, text),
            new BuildbotMessage.Keepalive(number),
            new BuildbotMessage.GetWorkerInfo(number),
            new BuildbotMessage.SetWorkerSettings(number, WorkerSettings.Buildbot with { BufferTimeout = TimeSpan.FromSeconds(1.5) }),
            new BuildbotMessage.StartCommand(number, id, text, new WireValue.Map([new("k", value)]), null),
            new BuildbotMessage.StartCommand(number, id, text, WireValue.Map.Empty, text),
            new BuildbotMessage.InterruptCommand(number, id, text, text),
            new BuildbotMessage.Shutdown(number),
            new BuildbotMessage.Update(number, id, [.. entries]),
            new BuildbotMessage.Complete(number, id, text),
            new BuildbotMessage.Complete(number, id, null),
            new BuildbotMessage.UploadFileWrite(number, id, block),
            new BuildbotMessage.UploadFileClose(number, id),
            new BuildbotMessage.UploadFileUtime(number, id, time, time),
            new BuildbotMessage.UploadDirectoryWrite(number, id, block),
            new BuildbotMessage.UploadDirectoryUnpack(number, id),
            new BuildbotMessage.ReadFile(number, id, number),
            new BuildbotMessage.ReadFileClose(number, id),
            new BuildbotMessage.Response(number, value, false),
            new BuildbotMessage.Response(number, text, true))
        select message;

    private static Gen<UpdateEntry> Entry() =>
        from text in Texts
        from numbers in Longs.ArrayOf()
        from times in Doubles.ArrayOf()
        from value in Value(8)
        from entry in Gen.Elements<UpdateEntry>(
            new UpdateEntry.Text("stdout", "", Encoding.UTF8.GetBytes(text), numbers.Select(n => (int)n).ToArray(), times),
            new UpdateEntry.Text("log", text, Encoding.UTF8.GetBytes(text), default, times),
            new UpdateEntry.ReturnCode((int)(numbers.Length > 0 ? numbers[0] : 0)),
            new UpdateEntry.Elapsed(times.Length > 0 ? times[0] : 0),
            new UpdateEntry.Files([.. numbers.Select(n => text + n)]),
            new UpdateEntry.Stat([.. numbers]),
            new UpdateEntry.FailureReason(text),
            new UpdateEntry.Unknown("x" + text, value))
        select entry;
}
