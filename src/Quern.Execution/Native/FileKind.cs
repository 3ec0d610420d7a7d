namespace Quern.Execution;

/// <summary>Tells files from what only looks like one.</summary>
public static class FileKind
{
    /// <summary>Whether it is a plain file: no link, pipe, socket or device, whose opening may wait or do something.</summary>
    public static bool IsRegular(string path) => FileStatus.Read(path, out _, follow: false) is { IsRegular: true };
}
