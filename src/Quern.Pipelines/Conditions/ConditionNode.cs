using System.Collections.Immutable;

namespace Quern.Pipelines;

/// <summary>A condition as a tree.</summary>
internal abstract record ConditionNode
{
    private ConditionNode() { }

    public abstract bool Holds(ConditionFacts facts);

    public sealed record Constant(bool Value) : ConditionNode
    {
        public override bool Holds(ConditionFacts facts) => Value;
    }

    public sealed record Not(ConditionNode Inner) : ConditionNode
    {
        public override bool Holds(ConditionFacts facts) => !Inner.Holds(facts);
    }

    public sealed record And(ConditionNode Left, ConditionNode Right) : ConditionNode
    {
        public override bool Holds(ConditionFacts facts) => Left.Holds(facts) && Right.Holds(facts);
    }

    public sealed record Or(ConditionNode Left, ConditionNode Right) : ConditionNode
    {
        public override bool Holds(ConditionFacts facts) => Left.Holds(facts) || Right.Holds(facts);
    }

    /// <summary>The value is one of several.</summary>
    public sealed record OneOf(ConditionValue Value, ImmutableArray<ConditionValue> Candidates) : ConditionNode
    {
        public override bool Holds(ConditionFacts facts)
        {
            string value = Value.In(facts);
            return Candidates.Any(c => c.In(facts) == value);
        }
    }
}
