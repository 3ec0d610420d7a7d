using System.Diagnostics;
using System.Text;
using Quern.Scenarios.BadDays;

namespace Quern.Scenarios.Processes;

/// <summary><c>quern login</c> on a pseudo-terminal that the program <c>script</c> (bsdutils) opens. Disposing kills it.</summary>
internal sealed class LoginTerminal : IAsyncDisposable
{
    private readonly Process _script;
    private readonly StringBuilder _screen = new();
    private readonly char[] _piece = new char[1024];

    private LoginTerminal(Process script) => _script = script;

    /// <summary>All that the terminal has shown.</summary>
    public string Screen => _screen.ToString();

    /// <summary>As in a terminal of a person: tests that are themselves run in the background of a shell have Ctrl-C ignored, and would pass that on.</summary>
    public static LoginTerminal Start(Uri master, string data) => new(Process.Start(
        new ProcessStartInfo(
            "env", ["--default-signal=INT,QUIT", "script", "-q", "-e", "-c", $"exec '{Programs.Quern}' login '{master}' --data '{data}'", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    /// <summary>Reads until the text stands on the screen.</summary>
    public async Task SeesAsync(string text)
    {
        while (!Screen.Contains(text, StringComparison.Ordinal))
            Assert.True(await ReadAsync(), $"The terminal ended without '{text}': {Screen}");
    }

    public async Task TypeAsync(string keys)
    {
        await _script.StandardInput.WriteAsync(keys);
        await _script.StandardInput.FlushAsync();
    }

    /// <summary>Reads to the end and answers the exit code of <c>quern</c>.</summary>
    public async Task<int> EndedAsync()
    {
        while (await ReadAsync()) { }
        await _script.WaitForExitAsync().WaitAsync(MasterProcess.Patience, TimeProvider.System);
        return _script.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_script.HasExited) _script.Kill(entireProcessTree: true);
        await _script.WaitForExitAsync();
        _script.Dispose();
    }

    private async Task<bool> ReadAsync()
    {
        try
        {
            int read = await _script.StandardOutput.ReadAsync(_piece.AsMemory()).AsTask().WaitAsync(MasterProcess.Patience, TimeProvider.System);
            _screen.Append(_piece, 0, read);
            return read > 0;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Nothing more came on this screen: {Screen}");
        }
    }
}
