namespace Quern.Interop.StockWorkers;

/// <summary>How a worker speaks.</summary>
public enum WireProtocol
{
    Perspective,
    MessagePack,

    /// <summary>The revision of Buildbot 3.5, of which no stock worker is installed.</summary>
    MessagePackV1,
}
