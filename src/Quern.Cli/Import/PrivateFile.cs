using System.Text;

namespace Quern.Cli.Import;

/// <summary>Writes a new file that its owner alone may read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes all of it or nothing; what is there already stays.</summary>
    /// <exception cref="CommandFailedException">There is something of that name, or it cannot be written.</exception>
    public static void Write(string path, string text)
    {
        try
        {
            WholeFile.Write(path, Encoding.UTF8.GetBytes(text), owners: true, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Failed,
                PlainFile.Exists(path) ? $"'{path}' is there already and stays as it is; name another file." : $"'{path}' cannot be written: {e.Message}");
        }
    }
}
