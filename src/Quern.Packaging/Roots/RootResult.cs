namespace Quern.Packaging.Roots;

/// <summary>What came of making a template root.</summary>
public abstract record RootResult
{
    private RootResult() { }

    /// <param name="Root">The root, in the store.</param>
    /// <param name="WasThere">It had been made before.</param>
    public sealed record Ready(RootTemplate Root, bool WasThere) : RootResult;

    /// <param name="Message">What was tried, what was wrong and what to do.</param>
    public sealed record Failed(string Message) : RootResult;
}
