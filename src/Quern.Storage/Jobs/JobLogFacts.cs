namespace Quern.Storage;

/// <summary>How much a job said: lines and uncompressed bytes of its log.</summary>
public readonly record struct JobLogFacts(long Lines, long Bytes);
