namespace Quern.WorkerHost;

/// <summary>What cannot be read or evaluated; the reader gives it its line.</summary>
/// <param name="message">For people.</param>
/// <param name="follows">Whether it only follows from an earlier problem, which is named already.</param>
internal sealed class TacSyntaxException(string message, bool follows = false) : Exception(message)
{
    public bool Follows => follows;
}
