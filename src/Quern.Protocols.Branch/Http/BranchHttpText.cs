namespace Quern.Protocols.Branch;

/// <summary>What a reply of the HTTP API looks like.</summary>
/// <param name="Payload">May have one gap, written <see cref="BranchText.Gap"/>.</param>
public sealed record BranchHttpText(BranchHttpStatus Status, string Payload);
