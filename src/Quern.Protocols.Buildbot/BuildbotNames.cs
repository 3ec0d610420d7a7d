namespace Quern.Protocols.Buildbot;

/// <summary>Command names of the MessagePack protocol and the words of updates, in one place.</summary>
public static class BuildbotNames
{
    public const string Shell = "shell";
    public const string UploadFile = "upload_file";
    public const string UploadDirectory = "upload_directory";
    public const string DownloadFile = "download_file";
    public const string MakeDirectory = "mkdir";
    public const string RemoveDirectory = "rmdir";
    public const string CopyDirectory = "cpdir";
    public const string Stat = "stat";
    public const string Glob = "glob";
    public const string ListDirectory = "listdir";
    public const string RemoveFile = "rmfile";

    public const string Stdout = "stdout";
    public const string Stderr = "stderr";
    public const string Header = "header";
    public const string Log = "log";
}
