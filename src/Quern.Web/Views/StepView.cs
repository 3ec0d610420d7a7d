using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Web.Views;

/// <summary>One step of a job as its page shows it.</summary>
/// <param name="Elapsed">How long it ran, until now when it still runs; null when it was left out.</param>
/// <param name="Logs">Names of the files that it followed.</param>
public sealed record StepView(
    int Position, string Name, StepState State, string Reason, TimeSpan? Elapsed, long FirstLine, long Lines, ImmutableArray<string> Logs);
