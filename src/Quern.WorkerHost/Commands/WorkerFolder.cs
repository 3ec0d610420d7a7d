using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Quern.WorkerHost;

/// <summary>A worker's folder with the files that stock workers keep there. buildbot-commands.md section 5.1.</summary>
internal sealed class WorkerFolder(string path)
{
    private const int MaxTacBytes = 1024 * 1024;

    public string Path => path;

    public string Tac => System.IO.Path.Combine(path, "buildbot.tac");

    public string PidFile => System.IO.Path.Combine(path, "twistd.pid");

    public string Log => System.IO.Path.Combine(path, "twistd.log");

    public string HostnameFile => System.IO.Path.Combine(path, "twistd.hostname");

    public string ShutdownStamp => System.IO.Path.Combine(path, "shutdown.stamp");

    public string Info => System.IO.Path.Combine(path, "info");

    /// <summary>The file's text when this is a worker's folder, of any age of Buildbot.</summary>
    public bool TryReadTac([NotNullWhen(true)] out string? text, out string problem)
    {
        text = null;
        problem = "";
        try
        {
            if (new FileInfo(Tac) is { Exists: true, Length: > MaxTacBytes }) problem = $"error reading '{Tac}': longer than {MaxTacBytes} bytes";
            else text = File.ReadAllText(Tac);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"error reading '{Tac}': {SystemError.Text(e)}";
        }
        if (text is not null && !text.Contains("Application('buildbot-worker')", StringComparison.Ordinal)
            && !text.Contains("Application('buildslave')", StringComparison.Ordinal))
            problem = $"unexpected content in '{Tac}'";
        if (problem.Length == 0) return text is not null;
        problem = $"{problem}\ninvalid worker directory '{path}'";
        text = null;
        return false;
    }

    /// <summary>The number in the pid file; null without a file, or without a number in it.</summary>
    public int? ReadPid()
    {
        try
        {
            return int.TryParse(File.ReadAllText(PidFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
