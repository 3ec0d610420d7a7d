namespace Quern.Protocols.Perspective;

/// <summary>
/// An object that the peer may call once it was sent to it. Calls come in the order of the wire, one at a time, from the
/// connection's reader.
/// </summary>
public interface ILocalObject
{
    /// <summary>
    /// Takes a call, which must be answered exactly once through it, now or later, by <see cref="IncomingCall.Answer"/> or
    /// <see cref="IncomingCall.Fail"/>. While the returned task runs nothing more is read: that is the back-pressure. An
    /// exception is answered as a failure of the call.
    /// </summary>
    /// <remarks>
    /// The connection must not be disposed from here, and an answer of the peer not be awaited in the returned task: both wait for
    /// the reader, which waits for it. When the connection ends the task is not waited for.
    /// </remarks>
    ValueTask CallAsync(IncomingCall call);

    /// <summary>
    /// The peer let go of the object and cannot call it any more; of a perspective that is the logout. From the connection's
    /// reader, between calls. Not called when the object was withdrawn, nor when the connection ends.
    /// </summary>
    void Released() { }
}
