namespace Quern.Packaging.PackageFiles;

/// <summary>One member's header, extensions applied.</summary>
internal sealed record TarHeader(string Name, char Type, long Bytes, int Mode, string Target);
