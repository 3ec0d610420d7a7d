using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Quern.Protocols.Perspective.Codec;

/// <summary>Random values and messages.</summary>
internal static class Generators
{
    private static Gen<string> Texts => Gen.OneOf(
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get))),
        Gen.Elements("list", "None", "message", "unicode", "not_logged_in", "dereference", "café €"));

    private static Gen<long> Longs => Gen.OneOf(
        ArbMap.Default.GeneratorFor<long>(),
        Gen.Elements(
            0L, 127, 128, 16383, 16384, int.MaxValue, int.MaxValue + 1L, long.MaxValue,
            -1, -128, int.MinValue, int.MinValue - 1L, -long.MaxValue, long.MinValue));

    private static Gen<BigInteger> Large => Gen.Choose(64, 447).SelectMany(bits => Gen.Elements(1, -1), (bits, sign) => sign * (BigInteger.Pow(2, bits) + bits));

    private static Gen<ReadOnlyMemory<byte>> Blocks =>
        ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => new ReadOnlyMemory<byte>(bytes));

    private static Gen<JellyValue> Leaf => Gen.OneOf(
        Gen.Constant<JellyValue>(JellyValue.None.Value),
        ArbMap.Default.GeneratorFor<bool>().Select(JellyValue.FromBoolean),
        Longs.Select(JellyValue.FromInt64),
        Large.Select(number => (JellyValue)new JellyValue.LargeInteger(number)),
        ArbMap.Default.GeneratorFor<double>().Select(JellyValue.FromDouble),
        Texts.Select(JellyValue.FromString),
        Blocks.Select(block => (JellyValue)new JellyValue.Bytes(block)),
        Gen.Choose(1, 2000).Select(id => (JellyValue)new JellyValue.Remote(id)),
        Gen.Choose(1, 2000).Select(id => (JellyValue)new JellyValue.Local(id)),
        Texts.Select(text => (JellyValue)new JellyValue.Unpersistable(text)),
        Longs.Select(number => (JellyValue)new JellyValue.Decimal(number, -3)),
        Gen.Elements<JellyValue>(
            new JellyValue.Moment("datetime", "2061 7 28 3 14 15 926535"), new JellyValue.Moment("date", "1 1 1"),
            new JellyValue.Moment("time", "23 59 59 999999"), new JellyValue.Moment("timedelta", "-1 86399 0")));

    public static Arbitrary<JellyValue> Values => Gen.Sized(size => Value(Math.Min(size, 24))).ToArbitrary();

    public static Arbitrary<PerspectiveMessage> Messages => Message().ToArbitrary();

    /// <summary>
    /// Values that Python writes back in the same bytes: keys that differ and can be hashed, sets of one item, no references.
    /// </summary>
    public static IEnumerable<JellyValue> ForPython(int seed, int count) =>
        ForPython(4).Sample(16, new Rnd((ulong)seed, 1), count);

    private static Gen<JellyValue> ForPython(int depth)
    {
        Gen<JellyValue> key = Gen.OneOf(Texts.Select(JellyValue.FromString), Gen.Choose(0, 1 << 30).Select(n => JellyValue.FromInt64(n)));
        Gen<JellyValue> leaf = Leaf.Where(value => value is not (JellyValue.Remote or JellyValue.Local or JellyValue.Unpersistable));
        if (depth == 0) return leaf;
        Gen<JellyValue[]> inner = ForPython(depth - 1).ArrayOf(3);
        return Gen.OneOf(
            leaf,
            inner.Select(items => (JellyValue)new JellyValue.List([.. items])),
            inner.Select(items => (JellyValue)new JellyValue.Tuple([.. items])),
            key.Select(item => (JellyValue)new JellyValue.Set([item])),
            key.Select(item => (JellyValue)new JellyValue.FrozenSet([item])),
            inner.SelectMany(items => key.ArrayOf(items.Length), (items, keys) => (JellyValue)new JellyValue.Dictionary(
                [.. keys.Zip(items, KeyValuePair.Create).DistinctBy(e => e.Key)])));
    }

    private static Gen<JellyValue> Value(int size)
    {
        if (size <= 0) return Leaf;
        Gen<JellyValue[]> inner = Value(size / 4).ArrayOf(4);
        return Gen.OneOf(
            Leaf,
            inner.Select(items => (JellyValue)new JellyValue.List([.. items])),
            inner.Select(items => (JellyValue)new JellyValue.Tuple([.. items])),
            inner.Select(items => (JellyValue)new JellyValue.Set([.. items])),
            inner.Select(items => (JellyValue)new JellyValue.FrozenSet([.. items])),
            inner.Select(items => (JellyValue)new JellyValue.Dictionary(
                [.. items.Zip(items.Reverse(), KeyValuePair.Create)])));
    }

    private static Gen<PerspectiveMessage> Message() =>
        from number in Longs
        from target in Gen.OneOf(Gen.Constant(ObjectId.Root), Longs.Select(ObjectId.FromInt64))
        from text in Texts
        from value in Value(12)
        from other in Value(6)
        from wanted in ArbMap.Default.GeneratorFor<bool>()
        from message in Gen.Elements<PerspectiveMessage>(
            new PerspectiveMessage.Version(number),
            new PerspectiveMessage.Release(number),
            new PerspectiveMessage.DidNotUnderstand(text),
            new PerspectiveMessage.Answer(number, value),
            new PerspectiveMessage.Error(number, CopiedFailure.Of("builtins.ValueError", text)),
            new PerspectiveMessage.Call(number, target, text, wanted, [value, other], [KeyValuePair.Create(text + "k", other)]),
            new PerspectiveMessage.Call(number, target, text, wanted, [], []))
        select message;
}
