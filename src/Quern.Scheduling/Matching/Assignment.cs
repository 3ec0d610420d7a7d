using Quern.Model;

namespace Quern.Scheduling.Matching;

/// <summary>A job and the worker that is to take it.</summary>
public readonly record struct Assignment(JobId Job, WorkerName Worker);
