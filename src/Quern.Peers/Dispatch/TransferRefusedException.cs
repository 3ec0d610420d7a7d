namespace Quern.Peers.Dispatch;

/// <summary>The farm will not go on with a transfer; the message says what was wrong and stands in the job's reason.</summary>
public sealed class TransferRefusedException : Exception
{
    public TransferRefusedException() { }

    public TransferRefusedException(string message) : base(message) { }

    public TransferRefusedException(string message, Exception innerException) : base(message, innerException) { }
}
