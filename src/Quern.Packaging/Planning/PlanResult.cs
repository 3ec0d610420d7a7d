using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>What came of planning.</summary>
public abstract record PlanResult
{
    private PlanResult() { }

    public sealed record Planned(Plan Plan) : PlanResult;

    /// <param name="Message">What is wrong, where, and what to do, in one or two sentences.</param>
    public sealed record Problem(string Message) : PlanResult;
}
