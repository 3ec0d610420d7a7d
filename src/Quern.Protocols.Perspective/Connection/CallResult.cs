namespace Quern.Protocols.Perspective;

/// <summary>What came of a call to the peer.</summary>
public abstract record CallResult
{
    private CallResult() { }

    /// <summary>The peer's answer; its byte payloads are its own and stay valid.</summary>
    public sealed record Answered(JellyValue Value) : CallResult;

    /// <summary>The peer's exception.</summary>
    public sealed record Failed(CopiedFailure Failure) : CallResult;

    /// <summary>The connection ended first.</summary>
    public sealed record Lost(string Reason) : CallResult;
}
