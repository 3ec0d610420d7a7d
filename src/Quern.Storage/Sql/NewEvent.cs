namespace Quern.Storage;

/// <summary>A journal event before it has its number and time.</summary>
internal readonly record struct NewEvent(string Kind, string Subject, string Actor, string Data);
