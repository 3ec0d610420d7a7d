namespace Quern.Protocols.Branch;

/// <summary>What a reply looks like in each dialect.</summary>
/// <param name="V1">The literal, or null where the dialect does not have the reply.</param>
/// <param name="Status">The status code of V2: 200, 400 or 500. Clients fail on any other.</param>
/// <param name="V2">The payload, or null where the dialect does not have the reply.</param>
/// <remarks>A text may have one gap, written <see cref="Gap"/>.</remarks>
public sealed record BranchText(string? V1, int Status, string? V2)
{
    public const string Gap = "{}";
}
