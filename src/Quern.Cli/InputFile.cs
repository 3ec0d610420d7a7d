namespace Quern.Cli;

/// <summary>A file that was named on the command line.</summary>
internal static class InputFile
{
    /// <summary>Answers the path of what can be read as a file.</summary>
    /// <exception cref="CommandFailedException">It is a folder, or is not there.</exception>
    public static string Checked(string path)
    {
        if (Directory.Exists(path)) throw new CommandFailedException(ExitCode.Failed, $"'{path}' is a folder; name a file.");
        if (!File.Exists(path)) throw new CommandFailedException(ExitCode.Failed, $"There is no file '{path}'.");
        return path;
    }
}
