using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>Every command by its names. buildbot-commands.md section 1.</summary>
internal static class CommandTable
{
    private const string Version = "3.1";   // of the command set, as workers of 3.7 report it

    public static IReadOnlyList<KeyValuePair<string, string>> Versions { get; } =
    [
        .. new[]
        {
            "shell", "uploadFile", "upload_file", "uploadDirectory", "upload_directory", "downloadFile", "download_file",
            "mkdir", "rmdir", "cpdir", "stat", "glob", "listdir", "rmfile",
        }.Select(n => KeyValuePair.Create(n, Version)),
    ];

    /// <exception cref="CommandRefusedException">Unknown name, missing or wrong argument.</exception>
    public static IWorkerCommand Create(string name, WireValue.Map map)
    {
        switch (name)
        {
            case BuildbotNames.Shell:
                return new ShellCommand(ShellArguments.Parse(map));
            case BuildbotNames.UploadFile or "uploadFile":
                return new UploadCommand(TransferKind.File, new CommandArguments("WorkerFileUploadCommand", map));
            case BuildbotNames.UploadDirectory or "uploadDirectory":
                return new UploadCommand(TransferKind.Directory, new CommandArguments("WorkerDirectoryUploadCommand", map));
            case BuildbotNames.DownloadFile or "downloadFile":
                return new DownloadCommand(new CommandArguments("WorkerFileDownloadCommand", map));
            case BuildbotNames.MakeDirectory:
                return FileCommands.MakeDirectory(new CommandArguments("MakeDirectory", map).Require("paths").Paths("paths"));
            case BuildbotNames.RemoveDirectory:
                var remove = new CommandArguments("RemoveDirectory", map).Require("paths");
                return DirectoryCommand.Remove(remove, remove.Paths("paths"));
            case BuildbotNames.CopyDirectory:
                var copy = new CommandArguments("CopyDirectory", map).Require("to_path", "from_path");
                return DirectoryCommand.Copy(copy, copy.Path("from_path"), copy.Path("to_path"));
            case BuildbotNames.Stat:
                return FileCommands.Stat(OnPath("StatFile", map));
            case BuildbotNames.Glob:
                return FileCommands.Glob(OnPath("GlobPath", map));
            case BuildbotNames.ListDirectory:
                return FileCommands.ListDirectory(OnPath("ListDir", map));
            case BuildbotNames.RemoveFile:
                return FileCommands.RemoveFile(OnPath("RemoveFile", map));
            default:
                throw CommandRefusedException.Unknown(name);
        }
    }

    private static string OnPath(string commandClass, WireValue.Map map) =>
        new CommandArguments(commandClass, map).Require("path").Path("path");
}
