namespace Quern.Storage;

/// <summary>What came of an enrolment.</summary>
public abstract record EnrolmentResult
{
    private EnrolmentResult() { }

    /// <summary>It is an agent now, or was one already: the same machine asked again.</summary>
    public sealed record Joined(StoredAgent Agent) : EnrolmentResult;

    /// <summary>Nothing was changed, and the journal has it.</summary>
    public sealed record Refused(string Reason) : EnrolmentResult;
}
