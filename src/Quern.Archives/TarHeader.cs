namespace Quern.Archives;

/// <summary>One member's header, extensions applied.</summary>
/// <param name="Name">As written; nothing is checked but that it is UTF-8 without a NUL.</param>
/// <param name="Type">The letter of POSIX: <c>0</c> a file, <c>1</c> a hard link, <c>2</c> a symbolic link, <c>5</c> a folder, …</param>
/// <param name="Bytes">Of its content; 0 for what has none.</param>
/// <param name="Mode">Twelve bits.</param>
/// <param name="Target">Of a link, as written.</param>
/// <param name="Modified">Unix seconds, 0 when the header says nothing useful.</param>
public sealed record TarHeader(string Name, char Type, long Bytes, int Mode, string Target, long Modified);
