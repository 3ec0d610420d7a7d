using System.Diagnostics;
using System.Globalization;

namespace Quern.Protocols.Perspective.Twisted;

/// <summary>A Python program on Twisted beside the tests; it ends when its standard input does.</summary>
internal sealed class TwistedProcess : IAsyncDisposable
{
    private readonly Process _process;

    private TwistedProcess(Process process) => _process = process;

    public StreamReader Output => _process.StandardOutput;

    public StreamWriter Input => _process.StandardInput;

    /// <param name="script">A file beside this one.</param>
    /// <param name="arguments">Of the script.</param>
    public static TwistedProcess Start(string script, params string[] arguments) =>
        StartFile(Path.Combine(AppContext.BaseDirectory, "Twisted", script), arguments);

    /// <param name="file">Path of a script.</param>
    /// <param name="arguments">Of the script.</param>
    public static TwistedProcess StartFile(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(file);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return new TwistedProcess(Process.Start(start)!);
    }

    /// <summary>The port that the script prints first.</summary>
    public async Task<int> PortAsync() =>
        int.Parse(await Output.ReadLineAsync() ?? throw new InvalidOperationException("The Twisted program ended at once; is python3-twisted installed?"),
            CultureInfo.InvariantCulture);

    /// <summary>Ends it without a word.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        Input.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
        _process.Dispose();
    }
}
