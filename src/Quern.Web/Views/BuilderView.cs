using System.Collections.Immutable;

namespace Quern.Web.Views;

/// <summary>A builder as pages show it.</summary>
/// <param name="RunsOn">Which workers may run it, in words.</param>
/// <param name="Locks">Names of the locks that its runs hold; empty for none.</param>
/// <param name="Properties">Names of its properties, those that must be given marked with a star; empty for none.</param>
/// <param name="Runs">Newest first.</param>
public sealed record BuilderView(
    string Name, string Description, string RunsOn, string Locks, string Properties, ImmutableArray<BuilderStepView> Steps, ImmutableArray<JobView> Runs);
