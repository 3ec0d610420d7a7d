namespace Quern.Protocols.Buildbot;

/// <summary>A builder as <c>set_builder_list</c> names it to a worker.</summary>
/// <param name="Name">Comes back in <c>builder_name</c> of each command.</param>
/// <param name="Directory">Where its commands run: below the worker's base directory, or absolute.</param>
public sealed record BuilderPlace(string Name, string Directory);
