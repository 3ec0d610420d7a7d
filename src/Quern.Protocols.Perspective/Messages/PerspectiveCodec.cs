using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Quern.Protocols.Perspective;

/// <summary>
/// Between the bytes of one whole Banana element and a message. Pure; the framing in front of it is
/// <see cref="BananaFramer"/>'s.
/// </summary>
internal static class PerspectiveCodec
{
    private const int MaxDialects = 16;
    private const int MaxNameBytes = 1024;
    private const int CallElements = 7;

    /// <summary>Reads what a server says first.</summary>
    public static PerspectiveMessage.DialectOffer? DecodeOffer(ReadOnlyMemory<byte> element)
    {
        var input = new BananaReader(element);
        if (input.ReadHeader(out long count) != BananaType.List || count > MaxDialects) return null;
        var dialects = ImmutableArray.CreateBuilder<string>((int)count);
        for (long i = 0; i < count; i++)
        {
            if (!TryReadName(ref input, out string? name)) return null;
            dialects.Add(name);
        }
        return new PerspectiveMessage.DialectOffer(dialects.MoveToImmutable());
    }

    /// <summary>Reads a client's answer to the offer.</summary>
    public static PerspectiveMessage.DialectChoice? DecodeChoice(ReadOnlyMemory<byte> element)
    {
        var input = new BananaReader(element);
        return TryReadName(ref input, out string? name) ? new PerspectiveMessage.DialectChoice(name) : null;
    }

    /// <summary>Whether an element is a call, as far as its first word says.</summary>
    public static bool IsCall(ReadOnlyMemory<byte> element)
    {
        var input = new BananaReader(element);
        return input.ReadHeader(out long count) == BananaType.List && count == CallElements
            && input.TryReadBytes(out var word) && word.Span.SequenceEqual(PerspectiveWords.Message);
    }

    /// <summary>Reads a message of the conversation.</summary>
    /// <param name="element">
    /// One whole element. The byte payloads of a call are slices of it; those of other messages are copies.
    /// </param>
    /// <param name="allowance">Bytes that the values in it may cost; beyond it a call is refused and an answer is an error.</param>
    /// <param name="problem">Why the connection must be dropped, when the result is null.</param>
    /// <param name="remotes">Ids of all references in it, repeated as they are; null for none.</param>
    public static PerspectiveMessage? Decode(ReadOnlyMemory<byte> element, long allowance, out string problem, out List<long>? remotes)
    {
        problem = "";
        remotes = null;
        var input = new BananaReader(element);
        if (input.ReadHeader(out long count) != BananaType.List || count == 0 || !input.TryReadBytes(out var word))
        {
            problem = "a message must be a list that begins with a name";
            return null;
        }
        var name = word.Span;
        PerspectiveMessage? message = null;
        if (name.SequenceEqual(PerspectiveWords.Message) && count == CallElements)
        {
            var jelly = new JellyReader(allowance, ownPayloads: false);
            message = ReadCall(ref input, jelly);
            remotes = jelly.Remotes;
        }
        else if (count == 3 && (name.SequenceEqual(PerspectiveWords.Answer) || name.SequenceEqual(PerspectiveWords.Error)))
        {
            var jelly = new JellyReader(allowance, ownPayloads: true);
            message = name.SequenceEqual(PerspectiveWords.Answer) ? ReadAnswer(ref input, jelly) : ReadError(ref input, jelly);
            remotes = jelly.Remotes;
        }
        else if (name.SequenceEqual(PerspectiveWords.Decref) && count == 2)
            message = input.TryReadInteger(out long id) ? new PerspectiveMessage.Release(id) : null;
        else if (name.SequenceEqual(PerspectiveWords.Version) && count == 2)
            message = input.TryReadInteger(out long version) ? new PerspectiveMessage.Version(version) : null;
        else if (name.SequenceEqual(PerspectiveWords.DidNotUnderstand) && count == 2)
            message = TryReadName(ref input, out string? what) ? new PerspectiveMessage.DidNotUnderstand(what) : null;
        else
        {
            problem = $"'{Shown.Of(name)}' with {count} elements is no message";
            return null;
        }
        if (message is null) problem = $"a '{Shown.Of(name)}' message has an element of the wrong kind";
        return message;
    }

    /// <summary>Writes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="vocabulary">Whether the dialect is <c>pb</c>.</param>
    /// <param name="sent">Ids of the references in it are added to it, each time one is written.</param>
    /// <exception cref="ArgumentException">A value cannot be sent; part of the message may have been written.</exception>
    public static void Encode(PerspectiveMessage message, IBufferWriter<byte> output, bool vocabulary, List<long>? sent = null)
    {
        var jelly = new JellyWriter(output, vocabulary, sent);
        var banana = jelly.Banana;
        switch (message)
        {
            case PerspectiveMessage.DialectOffer offer:
                banana.List(offer.Dialects.Length);
                foreach (string dialect in offer.Dialects) banana.Utf8(dialect);
                break;
            case PerspectiveMessage.DialectChoice choice:
                banana.Utf8(choice.Dialect);
                break;
            case PerspectiveMessage.Version version:
                jelly.Form(PerspectiveWords.Version, 1);
                banana.Integer(version.Number);
                break;
            case PerspectiveMessage.Call call:
                WriteCall(call, jelly);
                break;
            case PerspectiveMessage.Answer answer:
                jelly.Form(PerspectiveWords.Answer, 2);
                banana.Integer(answer.RequestId);
                jelly.Write(answer.Value);
                break;
            case PerspectiveMessage.Error error:
                jelly.Form(PerspectiveWords.Error, 2);
                banana.Integer(error.RequestId);
                jelly.Write(new JellyValue.Failure(error.Failure));
                break;
            case PerspectiveMessage.Release release:
                jelly.Form(PerspectiveWords.Decref, 1);
                banana.Integer(release.ObjectNumber);
                break;
            case PerspectiveMessage.DidNotUnderstand complaint:
                jelly.Form(PerspectiveWords.DidNotUnderstand, 1);
                banana.Utf8(complaint.Name);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static void WriteCall(PerspectiveMessage.Call call, JellyWriter jelly)
    {
        var banana = jelly.Banana;
        jelly.Form(PerspectiveWords.Message, CallElements - 1);
        banana.Integer(call.RequestId);
        if (call.Target.Name is { } name) banana.Utf8(name);
        else banana.Integer(call.Target.Number);
        banana.Utf8(call.Method);
        banana.Integer(call.WantsAnswer ? 1 : 0);
        jelly.Form(JellyWords.Tuple, call.Arguments.Length);
        foreach (var argument in call.Arguments) jelly.Write(argument);
        jelly.Form(JellyWords.Dictionary, call.Keywords.Length);
        foreach (var (key, value) in call.Keywords)
        {
            banana.List(2);
            jelly.Text(key);
            jelly.Write(value);
        }
    }

    private static PerspectiveMessage.Call? ReadCall(ref BananaReader input, JellyReader jelly)
    {
        if (!input.TryReadInteger(out long request) || !TryReadTarget(ref input, out var target)
            || !TryReadName(ref input, out string? method) || !input.TryReadInteger(out long wanted)) return null;

        // Arguments and keywords are jellied apart: each has reference numbers of its own.
        ImmutableArray<JellyValue> arguments = [];
        ImmutableArray<KeyValuePair<string, JellyValue>> keywords = [];
        string refusal = "";
        if (jelly.ReadWhole(ref input) is not { } positional) refusal = jelly.Refusal;
        else if (positional is not JellyValue.Sequence sequence) refusal = "positional arguments must be a tuple";
        else if (jelly.ReadWhole(ref input) is not { } named) refusal = jelly.Refusal;
        else if (named is not JellyValue.Dictionary dictionary) refusal = "keyword arguments must be a dictionary";
        else if (!TryReadKeywords(dictionary, jelly, out keywords)) refusal = "the name of a keyword argument must be text";
        else arguments = sequence.Items;
        return new PerspectiveMessage.Call(request, target, method, wanted != 0, arguments, keywords) { Refusal = refusal };
    }

    private static bool TryReadKeywords(
        JellyValue.Dictionary named, JellyReader jelly, out ImmutableArray<KeyValuePair<string, JellyValue>> keywords)
    {
        keywords = [];
        if (named.Entries.Length == 0) return true;
        var entries = new KeyValuePair<string, JellyValue>[named.Entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            var (key, value) = named.Entries[i];
            var utf8 = key switch { JellyValue.Text t => t.Utf8, JellyValue.Bytes b => b.Value, _ => default };
            if (utf8.IsEmpty || !Utf8.IsValid(utf8.Span) || jelly.MakeString(utf8.Span) is not { } name) return false;
            entries[i] = KeyValuePair.Create(name, value);
        }
        keywords = ImmutableCollectionsMarshal.AsImmutableArray(entries);
        return true;
    }

    private static PerspectiveMessage? ReadAnswer(ref BananaReader input, JellyReader jelly)
    {
        if (!input.TryReadInteger(out long request)) return null;
        return jelly.ReadWhole(ref input) is { } value
            ? new PerspectiveMessage.Answer(request, value)
            : new PerspectiveMessage.Error(request, CopiedFailure.InsecureJelly($"the answer: {jelly.Refusal}"));
    }

    private static PerspectiveMessage.Error? ReadError(ref BananaReader input, JellyReader jelly)
    {
        if (!input.TryReadInteger(out long request)) return null;
        return new PerspectiveMessage.Error(request, jelly.ReadWhole(ref input) switch
        {
            JellyValue.Failure failure => failure.Value,
            null => CopiedFailure.InsecureJelly($"the error: {jelly.Refusal}"),
            var value => CopiedFailure.Of(
                "twisted.spread.pb.Error", value.TryGetText(out string? text) ? text : "an error without a failure"),
        });
    }

    private static bool TryReadTarget(ref BananaReader input, out ObjectId target)
    {
        var type = input.ReadHeader(out long count);
        target = default;
        switch (type)
        {
            case BananaType.Bytes when count <= MaxNameBytes:
                target = new ObjectId(0, Encoding.UTF8.GetString(input.ReadBody(count).Span));
                return true;
            case BananaType.Vocabulary when PbVocabulary.TryGetToken(count, out var token):
                target = new ObjectId(0, Encoding.UTF8.GetString(token.Span));
                return true;
            case BananaType.Integer or BananaType.LongInteger or BananaType.Negative or BananaType.LongNegative:
                bool fits = input.TryGetNumber(type, out long number, out _);
                target = number;
                return fits;
            default:
                return false;
        }
    }

    private static bool TryReadName(ref BananaReader input, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? name)
    {
        name = input.TryReadBytes(out var bytes) && bytes.Length <= MaxNameBytes && Utf8.IsValid(bytes.Span)
            ? Encoding.UTF8.GetString(bytes.Span)
            : null;
        return name is not null;
    }
}
