namespace Quern.Execution;

/// <summary>What an upload carries.</summary>
public enum TransferKind
{
    File,
    Directory,
}
