namespace Quern.Protocols.Buildbot;

/// <summary>Which path a master did not name.</summary>
/// <param name="Argument">The argument; empty when there is no problem.</param>
/// <param name="IsMissing">False when it is there but is not text.</param>
public readonly record struct BuilderArgumentProblem(string Argument, bool IsMissing);
