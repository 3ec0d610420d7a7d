using Quern.Model;

namespace Quern.Packaging.Runs;

/// <summary>A library that the loader takes for a program.</summary>
/// <param name="Name">What the program asked for: <c>libz.so.1</c>.</param>
/// <param name="Path">The file it is, links resolved, from the run root.</param>
/// <param name="Sha256">Of that file's bytes.</param>
/// <param name="Package">The farm package whose member has this path and these bytes; null for the C library.</param>
public sealed record MappedLibrary(string Name, string Path, Sha256Hash Sha256, string? Package);
