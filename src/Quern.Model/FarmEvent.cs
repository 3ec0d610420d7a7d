namespace Quern.Model;

/// <summary>One line of the journal.</summary>
/// <param name="Sequence">Grows in commit order; a reader that resumes after a number misses nothing. Numbers may have gaps.</param>
/// <param name="Time">When it was written.</param>
/// <param name="Kind">For instance <c>job.finished</c>; the list is in docs/glossary.md.</param>
/// <param name="Subject">What it is about: a job id, a package name, a worker name.</param>
/// <param name="Actor">Who caused it: <c>user:admin</c>, <c>worker:NAME</c>, <c>farm</c>.</param>
/// <param name="Data">A JSON object with what the kind needs.</param>
public sealed record FarmEvent(long Sequence, DateTimeOffset Time, string Kind, string Subject, string Actor, string Data);
