using System.Buffers;
using System.Text;

namespace Quern.Protocols.Perspective;

/// <summary>Writes jellied values as Banana elements, text always as <c>unicode</c> and containers without references.</summary>
/// <param name="output">Takes the bytes.</param>
/// <param name="vocabulary">Whether the dialect is <c>pb</c>.</param>
/// <param name="sent">Ids of the <c>remote</c> forms written are added to it, each time one is.</param>
internal readonly struct JellyWriter(IBufferWriter<byte> output, bool vocabulary, List<long>? sent = null)
{
    // A failure of more text than this is cut: it must arrive, whatever stands in it. Three bytes for each character at most.
    private const int MaxFailureCharacters = 100_000;

    private readonly BananaWriter _banana = new(output, vocabulary);

    public BananaWriter Banana => _banana;

    /// <summary>Writes a value.</summary>
    /// <exception cref="ArgumentException">It is too large, too deep or holds itself.</exception>
    public void Write(JellyValue value) => Write(value, depth: 1);

    /// <summary>The head of a form: its tag and how many elements follow.</summary>
    public void Form(ReadOnlySpan<byte> tag, int rest)
    {
        _banana.List(rest + 1);
        _banana.Bytes(tag);
    }

    public void Text(string text)
    {
        Form(JellyWords.Unicode, 1);
        _banana.Utf8(text);
    }

    private void Write(JellyValue value, int depth)
    {
        if (depth > BananaLimits.MaxDepth)
            throw new ArgumentException($"A value nested more than {BananaLimits.MaxDepth} deep cannot be sent.", nameof(value));
        switch (value)
        {
            case JellyValue.Text t:
                Form(JellyWords.Unicode, 1);
                _banana.Bytes(t.Utf8.Span);
                break;
            case JellyValue.Integer i:
                _banana.Integer(i.Value);
                break;
            case JellyValue.Bytes b:
                _banana.Bytes(b.Value.Span);
                break;
            case JellyValue.None:
                Form(JellyWords.None, 0);
                break;
            case JellyValue.Boolean b:
                Form(JellyWords.Boolean, 1);
                _banana.Bytes(b.Value ? JellyWords.True : JellyWords.False);
                break;
            case JellyValue.LargeInteger i:
                _banana.Integer(i.Value);
                break;
            case JellyValue.Float f:
                _banana.Float(f.Value);
                break;
            case JellyValue.List l:
                Items(JellyWords.List, l, depth);
                break;
            case JellyValue.Tuple t:
                Items(JellyWords.Tuple, t, depth);
                break;
            case JellyValue.Set s:
                Items(JellyWords.Set, s, depth);
                break;
            case JellyValue.FrozenSet s:
                Items(JellyWords.FrozenSet, s, depth);
                break;
            case JellyValue.Dictionary d:
                Entries(d, depth);
                break;
            case JellyValue.Remote r:
                Form(JellyWords.Remote, 1);
                _banana.Integer(r.Id);
                sent?.Add(r.Id);
                break;
            case JellyValue.Local l:
                Form(JellyWords.Local, 1);
                _banana.Integer(l.Id);
                break;
            case JellyValue.Failure f:
                Failure(f.Value);
                break;
            case JellyValue.Unpersistable u:
                Form(JellyWords.Unpersistable, 1);
                _banana.Utf8(u.Reason);
                break;
            case JellyValue.Moment m:
                Form(TagOf(m), 1);
                _banana.Utf8(m.Numbers);
                break;
            case JellyValue.Decimal d:
                Form(JellyWords.Decimal, 2);
                _banana.Integer(d.Mantissa);
                _banana.Integer(d.Exponent);
                break;
            case JellyValue.Cycle c:
                throw new ArgumentException($"A value that holds itself (reference {c.Number}) cannot be sent.", nameof(value));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static byte[] TagOf(JellyValue.Moment moment) => JellyWords.MomentKind(Encoding.UTF8.GetBytes(moment.Kind)) is { } kind
        ? Encoding.ASCII.GetBytes(kind)
        : throw new ArgumentException($"'{moment.Kind}' is no kind of moment; datetime, date, time and timedelta are.", nameof(moment));

    private void Items(ReadOnlySpan<byte> tag, JellyValue.Sequence sequence, int depth)
    {
        Form(tag, sequence.Items.Length);
        foreach (var item in sequence.Items) Write(item, depth + 1);
    }

    // An entry is a list of its own: it counts in the depth that a receiver sees.
    private void Entries(JellyValue.Dictionary dictionary, int depth)
    {
        Form(JellyWords.Dictionary, dictionary.Entries.Length);
        foreach (var (key, value) in dictionary.Entries)
        {
            _banana.List(2);
            Write(key, depth + 2);
            Write(value, depth + 2);
        }
    }

    /// <summary>All keys that receivers look at, in Twisted's order.</summary>
    private void Failure(CopiedFailure failure)
    {
        Form(JellyWords.CopyableFailure, 1);
        Form(JellyWords.Dictionary, 10);
        Entry(JellyWords.FailureCount, new JellyValue.Integer(0));
        Entry(JellyWords.FailureType, JellyValue.Bytes.Of(Cut(failure.Type)));
        Entry(JellyWords.FailureValue, Cut(failure.Message));
        Entry(JellyWords.FailureCaptureVars, false);
        Entry(JellyWords.FailureFrames, new JellyValue.List([]));
        Entry(JellyWords.FailureStack, new JellyValue.List([]));
        Entry(JellyWords.FailureTb, JellyValue.None.Value);
        Entry(JellyWords.FailureParents, new JellyValue.List([.. failure.Parents.Select(p => JellyValue.FromString(Cut(p)))]));
        Entry(JellyWords.FailureUnsafe, false);
        Entry(JellyWords.FailureTraceback, Cut(failure.Traceback));
    }

    private static string Cut(string text) =>
        text.Length <= MaxFailureCharacters ? text : $"{text.AsSpan(0, MaxFailureCharacters)}...";

    private void Entry(string key, JellyValue value)
    {
        _banana.List(2);
        Text(key);
        Write(value);
    }
}
