namespace Quern.WorkerHost;

/// <summary>What failed, in the few words of the C library, which is what stock programs print.</summary>
internal static class SystemError
{
    public static string Text(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        UnauthorizedAccessException => "Permission denied",
        _ => e.Message,
    };
}
