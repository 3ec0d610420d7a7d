using System.Text;

namespace Quern.WorkerHost;

/// <summary>What a daemon tells the program that started it, a line each; any other line is a problem, for people.</summary>
internal sealed class DaemonStatus(Stream? stream)
{
    public const string Started = "started", Attached = "attached";

    /// <summary>Null when nobody listens, or no longer.</summary>
    private Stream? _stream = stream;

    public void Say(string line)
    {
        if (_stream is null) return;
        try
        {
            _stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            _stream.Flush();
        }
        catch (IOException)
        {
            _stream = null;   // whoever started us waited long enough
        }
    }
}
