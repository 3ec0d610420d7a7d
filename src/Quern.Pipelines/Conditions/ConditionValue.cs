using Quern.Model;

namespace Quern.Pipelines;

/// <summary>One side of a comparison. A text, or a fact that has the form of one.</summary>
internal abstract record ConditionValue
{
    private ConditionValue() { }

    public abstract string In(ConditionFacts facts);

    public sealed record Text(string Value) : ConditionValue
    {
        public override string In(ConditionFacts facts) => Value;
    }

    /// <summary>A step that has not ended compares as skipped: the check lets conditions name earlier steps only.</summary>
    public sealed record Step(string Name) : ConditionValue
    {
        public override string In(ConditionFacts facts) => facts.Steps.GetValueOrDefault(Name, StepState.Skipped).Word();
    }

    /// <summary>A property that is not there compares as the empty text.</summary>
    public sealed record Property(string Name) : ConditionValue
    {
        public override string In(ConditionFacts facts) => facts.Properties.GetValueOrDefault(Name, "");
    }

    public sealed record Job : ConditionValue
    {
        public override string In(ConditionFacts facts) => facts.Job.Word();
    }
}
