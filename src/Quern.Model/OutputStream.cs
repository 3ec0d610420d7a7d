namespace Quern.Model;

/// <summary>Which stream a line of a job's log came from. The numbers are stored in log files.</summary>
public enum OutputStream : byte
{
    Stdout = 0,
    Stderr = 1,

    /// <summary>What a worker or the farm says about the command.</summary>
    Header = 2,
}
