namespace Quern.Storage;

/// <summary>Zstandard data could not be made or read, or the library is missing; the message says which and what to do.</summary>
public sealed class ZstdException(string message) : IOException(message);
