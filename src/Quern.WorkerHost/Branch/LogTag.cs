namespace Quern.WorkerHost;

/// <summary>What a line of a job's log is about.</summary>
internal enum LogTag
{
    Builder,
    Download,
    Leaf,
    Strip,
    Conflict,
}
