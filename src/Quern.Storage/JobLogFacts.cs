namespace Quern.Storage;

/// <summary>What the job's row says about its finished log: how many lines and bytes of text are kept.</summary>
public readonly record struct JobLogFacts(long Lines, long Bytes);
