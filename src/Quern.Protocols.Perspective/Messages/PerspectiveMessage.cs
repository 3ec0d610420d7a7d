using System.Collections.Immutable;

namespace Quern.Protocols.Perspective;

/// <summary>One message of the broker's conversation. After decoding, byte payloads are slices of the message's bytes.</summary>
internal abstract record PerspectiveMessage
{
    private PerspectiveMessage() { }

    /// <summary>The first thing a server says: the dialects it knows, best first.</summary>
    public sealed record DialectOffer(ImmutableArray<string> Dialects) : PerspectiveMessage;

    /// <summary>The client's answer to the offer.</summary>
    public sealed record DialectChoice(string Dialect) : PerspectiveMessage;

    /// <summary>Said once by each side when the dialect is fixed; must be 6.</summary>
    public sealed record Version(long Number) : PerspectiveMessage
    {
        public const long Current = 6;
    }

    /// <summary>A call of a method.</summary>
    /// <param name="RequestId">Counts per connection and direction.</param>
    /// <param name="Target">The receiver's object.</param>
    /// <param name="Method">Without prefix.</param>
    /// <param name="WantsAnswer">Whether the caller waits for an answer or error.</param>
    /// <param name="Arguments">Positional arguments.</param>
    /// <param name="Keywords">Keyword arguments; a name that comes twice keeps its last value.</param>
    public sealed record Call(
        long RequestId,
        ObjectId Target,
        string Method,
        bool WantsAnswer,
        ImmutableArray<JellyValue> Arguments,
        ImmutableArray<KeyValuePair<string, JellyValue>> Keywords) : PerspectiveMessage
    {
        /// <summary>Why the arguments were not taken; empty when they were. The arguments are empty then.</summary>
        public string Refusal { get; init; } = "";
    }

    public sealed record Answer(long RequestId, JellyValue Value) : PerspectiveMessage;

    /// <summary>The call failed. <paramref name="Failure"/> says how; a value that is no failure is wrapped into one.</summary>
    public sealed record Error(long RequestId, CopiedFailure Failure) : PerspectiveMessage;

    /// <summary>The sender lets go of a reference it was given.</summary>
    public sealed record Release(long ObjectNumber) : PerspectiveMessage;

    /// <summary>The peer did not know a message of ours; for the log.</summary>
    public sealed record DidNotUnderstand(string Name) : PerspectiveMessage;
}
