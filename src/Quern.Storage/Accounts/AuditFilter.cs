namespace Quern.Storage;

/// <summary>Which events of the journal are asked for.</summary>
/// <param name="Actor">Empty for all.</param>
/// <param name="KindPrefix">Empty for everything that people do to the estate.</param>
/// <param name="After">The number of the event that the part before ended with; 0 for the beginning.</param>
public sealed record AuditFilter(DateTimeOffset? From, DateTimeOffset? To, string Actor, string KindPrefix, long After);
