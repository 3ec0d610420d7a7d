using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Quern.Model;
using Xunit;

namespace Quern.Pipelines.Tests;

public sealed class ConditionTests
{
    private static readonly ConditionFacts Facts = new(
        ImmutableDictionary<string, StepState>.Empty.Add("test", StepState.Failed).Add("unit tests", StepState.Succeeded).Add("lint", StepState.Warnings),
        ImmutableSortedDictionary<string, string>.Empty.Add("branch", "main").Add("quoted", "it's"),
        StepState.Warnings);

    [Theory]
    [InlineData("steps.test == 'failed'", true)]
    [InlineData("steps.test != 'failed'", false)]
    [InlineData("steps['unit tests'] == \"succeeded\"", true)]
    [InlineData("'failed' == steps.test", true)]
    [InlineData("steps.test in ['failed', 'cancelled']", true)]
    [InlineData("steps.test not in ['failed', 'cancelled']", false)]
    [InlineData("steps.never == 'skipped'", true)]
    [InlineData("properties.branch == 'main'", true)]
    [InlineData("properties.branch in ['next']", false)]
    [InlineData("properties.quoted == \"it's\"", true)]
    [InlineData("properties.absent == ''", true)]
    [InlineData("job == 'warnings'", true)]
    [InlineData("steps.test == steps.lint", false)]
    [InlineData("not steps.test == 'failed'", false)]
    [InlineData("not not true", true)]
    [InlineData("true or false and false", true)]
    [InlineData("(true or false) and false", false)]
    [InlineData("not false and false", false)]
    [InlineData("steps.test=='failed'and(properties.branch=='main')", true)]
    public void A_condition_says_what_it_reads(string text, bool holds)
    {
        Assert.True(Condition.TryParse(text, out var condition, out var problem), problem?.Message);

        Assert.Equal(holds, condition.Holds(Facts));
    }

    [Theory]
    [InlineData("", 0, "empty")]
    [InlineData("steps.test == 'faild'", 14, "no outcome of a step")]
    [InlineData("job == 'lost'", 7, "no outcome of the job")]
    [InlineData("steps.test", 0, "alone is no condition")]
    [InlineData("properties.branch", 0, "alone is no condition")]
    [InlineData("steps.test = 'failed'", 11, "'=='")]
    [InlineData("steps.test == 'failed", 14, "never closed")]
    [InlineData("steps.test == 'failed' && true", 23, "'and', 'or'")]
    [InlineData("steps.test == 'failed' true", 23, "'and', 'or'")]
    [InlineData("step.test == 'failed'", 0, "steps.NAME")]
    [InlineData("steps test", 6, "'.NAME'")]
    [InlineData("steps.test == properties.branch", 14, "never equal")]
    [InlineData("steps.test in ['failed', 'gone']", 25, "no outcome")]
    [InlineData("steps.test in []", 15, "a text in quotes")]
    [InlineData("(true", 5, "')'")]
    [InlineData("true and", 8, "steps.NAME")]
    [InlineData("exec('rm')", 0, "steps.NAME")]
    public void A_mistake_is_told_with_its_place(string text, int offset, string said)
    {
        Assert.False(Condition.TryParse(text, out _, out var problem));

        Assert.Equal((offset, true), (problem.Offset, problem.Message.Contains(said, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_mistyped_word_comes_with_what_could_have_been_meant()
    {
        Assert.False(Condition.TryParse("steps.test == 'faild'", out _, out var problem));

        Assert.Equal("faild", problem.Typed);
        Assert.Contains("failed", problem.Known);
    }

    [Fact]
    public void Deep_nesting_and_length_are_refused_before_they_cost_anything()
    {
        Assert.False(Condition.TryParse(new string('(', 900), out _, out var deep));
        Assert.False(Condition.TryParse(new string(' ', 1001), out _, out var longText));

        Assert.Contains("levels", deep.Message, StringComparison.Ordinal);
        Assert.Contains("1000", longText.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_either_a_condition_or_refused_at_a_place_inside_it()
    {
        string[] pieces = ["steps", ".", "test", "properties", "job", "==", "!=", "'failed'", "\"", "'", "(", ")", "[", "]", ",", "and", "or", "not", "in", "true", " ", "é", "\n"];
        var texts = Gen.Elements(pieces).ListOf().Select(string.Concat).ToArbitrary();

        Prop.ForAll(texts, text => Condition.TryParse(text, out var condition, out var problem)
            ? condition.Holds(Facts) || true
            : problem.Offset >= 0 && problem.Offset <= Math.Max(text.Length, Condition.MaxLength)).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0, "steps.first == 'failed'", "its own step")]
    [InlineData(0, "steps.second == 'failed'", "comes later")]
    [InlineData(1, "steps.frist == 'failed'", "no step 'frist'")]
    [InlineData(1, "properties.brnch == 'x'", "never declared")]
    [InlineData(1, "steps.first == 'failed' and properties.branch == 'x'", null)]
    public void Conditions_look_back_only_and_at_what_there_is(int own, string text, string? said)
    {
        var problem = PlanConditions.Refuse(text, ["first", "second"], own, ["branch"]);

        Assert.Equal(said is null, problem is null);
        if (said is not null) Assert.Contains(said, problem!.Message, StringComparison.Ordinal);
    }
}
