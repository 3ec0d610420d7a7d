using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Pipelines;

/// <summary>A builder's plan for one run, or why there is none.</summary>
public abstract record CompileResult
{
    private CompileResult() { }

    public sealed record Compiled(Plan Plan) : CompileResult;

    /// <param name="Reasons">At least one sentence, each about one thing that was given wrongly.</param>
    public sealed record Refused(ImmutableArray<string> Reasons) : CompileResult;
}
