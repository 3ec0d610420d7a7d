namespace Quern.Agents;

/// <summary>A root file system as a tar archive.</summary>
/// <param name="Open">Opens it at its start; called more than once.</param>
/// <param name="Gzip">Whether it is compressed.</param>
public sealed record BaseLayer(Func<Stream> Open, bool Gzip);
