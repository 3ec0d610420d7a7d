namespace Quern.Model;

/// <summary>Names one job for ever: a UUID version 7, so ids sort by creation time.</summary>
public readonly record struct JobId(Guid Value) : IComparable<JobId>
{
    /// <summary>A fresh id whose time part is <paramref name="now"/>.</summary>
    public static JobId Create(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <summary>Reads the 36-character text form; false for anything else.</summary>
    public static bool TryParse(string? text, out JobId id)
    {
        bool read = Guid.TryParseExact(text, "D", out var value);
        id = new JobId(value);
        return read;
    }

    public int CompareTo(JobId other) => string.CompareOrdinal(ToString(), other.ToString());

    public static bool operator <(JobId left, JobId right) => left.CompareTo(right) < 0;
    public static bool operator >(JobId left, JobId right) => left.CompareTo(right) > 0;
    public static bool operator <=(JobId left, JobId right) => left.CompareTo(right) <= 0;
    public static bool operator >=(JobId left, JobId right) => left.CompareTo(right) >= 0;

    /// <summary>The lower-case text form with hyphens, as stored and sent.</summary>
    public override string ToString() => Value.ToString("D");
}
