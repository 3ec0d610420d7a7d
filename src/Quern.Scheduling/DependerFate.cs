namespace Quern.Scheduling;

/// <summary>What becomes of a blocked job when one of its needs has ended.</summary>
public enum DependerFate
{
    /// <summary>Other needs have not ended yet.</summary>
    Wait,

    /// <summary>It was the last one: the job is ready.</summary>
    Run,

    /// <summary>The need ended badly: the job never runs.</summary>
    Skip,
}
