namespace Quern.Storage;

/// <summary>Names one log of a job: the attempt, and "" for the job's own output or the name of a followed log file.</summary>
public sealed record StoredLog(int Attempt, string Name);
