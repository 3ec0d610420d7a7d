using System.Collections.Immutable;

namespace Quern.Protocols.Perspective;

/// <summary>
/// A call of the peer. Owns the bytes that its arguments are slices of; they go back to the pool with the answer. References in
/// the arguments that were not taken (<see cref="PerspectiveConnection.Take"/>) are released with the answer too. An answer that
/// comes when the connection is over is dropped.
/// </summary>
public sealed class IncomingCall
{
    private readonly PerspectiveConnection _connection;
    private readonly PerspectiveMessage.Call _message;
    private readonly PooledFrame _frame;
    private readonly List<long>? _references;
    private int _answered;

    internal IncomingCall(PerspectiveConnection connection, PerspectiveMessage.Call message, PooledFrame frame, List<long>? references)
    {
        _connection = connection;
        _message = message;
        _frame = frame;
        _references = references;
    }

    /// <summary>Where the call came from.</summary>
    public PerspectiveConnection Connection => _connection;

    /// <summary>The caller's number of the request.</summary>
    public long RequestId => _message.RequestId;

    /// <summary>Name of the method, without prefix.</summary>
    public string Method => _message.Method;

    /// <summary>Whether the caller waits. The call must be answered all the same; nothing is sent then.</summary>
    public bool WantsAnswer => _message.WantsAnswer;

    /// <summary>Positional arguments; their bytes die with the answer.</summary>
    public ImmutableArray<JellyValue> Arguments => _message.Arguments;

    /// <summary>Keyword arguments; a name that comes twice keeps its last value.</summary>
    public ImmutableArray<KeyValuePair<string, JellyValue>> Keywords => _message.Keywords;

    /// <summary>Bytes of the whole message.</summary>
    public int Size => _frame.Length;

    /// <summary>The argument at a position or, when there are not so many, the keyword; null when neither was given.</summary>
    public JellyValue? this[int position, string keyword]
    {
        get
        {
            if (position < Arguments.Length) return Arguments[position];
            for (int i = Keywords.Length - 1; i >= 0; i--)
                if (Keywords[i].Key == keyword) return Keywords[i].Value;
            return null;
        }
    }

    /// <summary>Answers with a value. A value that cannot be sent fails the call instead.</summary>
    /// <exception cref="InvalidOperationException">The call was answered before.</exception>
    public void Answer(JellyValue value) => End(new PerspectiveMessage.Answer(RequestId, value));

    /// <summary>Answers with an exception.</summary>
    /// <exception cref="InvalidOperationException">The call was answered before.</exception>
    public void Fail(CopiedFailure failure) => End(new PerspectiveMessage.Error(RequestId, failure));

    /// <summary>Whether an answer was given.</summary>
    public bool IsAnswered => Volatile.Read(ref _answered) != 0;

    /// <summary>Answers with an exception unless an answer was given.</summary>
    internal void TryFail(CopiedFailure failure) => TryEnd(new PerspectiveMessage.Error(RequestId, failure));

    private void End(PerspectiveMessage answer)
    {
        if (!TryEnd(answer)) throw new InvalidOperationException($"The call of '{Method}' was answered before.");
    }

    private bool TryEnd(PerspectiveMessage answer)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0) return false;
        try
        {
            _connection.Answered(answer, WantsAnswer, _frame.Length, _references);
        }
        finally
        {
            _frame.Dispose();
        }
        return true;
    }
}
