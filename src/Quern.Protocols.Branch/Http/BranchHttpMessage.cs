namespace Quern.Protocols.Branch;

/// <summary>An answer as it goes over the wire.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="ContentType">Value of the header.</param>
public sealed record BranchHttpMessage(int Status, string ContentType, ReadOnlyMemory<byte> Body);
