namespace Quern.Storage;

/// <summary>A thing that only so many jobs of the farm may use at once.</summary>
/// <param name="Name">Letters, digits, <c>_ . -</c>; no comma.</param>
/// <param name="Most">At least 1.</param>
public sealed record StoredLock(string Name, int Most);
