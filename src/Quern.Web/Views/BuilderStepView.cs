namespace Quern.Web.Views;

/// <summary>A step of a builder as its page shows it.</summary>
/// <param name="Kind">The key of the configuration that makes it.</param>
/// <param name="OnFailure">What a failure does, in words.</param>
/// <param name="If">Its condition; empty for none.</param>
public sealed record BuilderStepView(string Name, string Kind, string OnFailure, string If);
