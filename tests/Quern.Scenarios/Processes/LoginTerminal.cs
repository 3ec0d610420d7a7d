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

    /// <summary>A read that has not ended yet; null when there is none.</summary>
    private Task<int>? _reading;

    private LoginTerminal(Process script) => _script = script;

    /// <summary>All that the terminal has shown.</summary>
    public string Screen => _screen.ToString();

    public static LoginTerminal Start(Uri master, string data) => new(Process.Start(
        new ProcessStartInfo("script", ["-q", "-e", "-c", $"exec '{Programs.Quern}' login '{master}' --data '{data}'", "/dev/null"])
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

    /// <summary>Presses a key until the program ends, as people do, and answers its exit code: a signal that a terminal makes can be lost with what it drops.</summary>
    public async Task<int> LeavesByAsync(string key)
    {
        const int Tries = 10;
        for (int i = 1; i < Tries; i++)
        {
            await TypeAsync(key);
            try
            {
                while (await ReadAsync(MasterProcess.Patience / Tries)) { }
                break;
            }
            catch (TimeoutException)
            {
                // Pressed once more.
            }
        }
        return await EndedAsync();
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
            return await ReadAsync(MasterProcess.Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Nothing more came on this screen: {Screen}");
        }
    }

    private async Task<bool> ReadAsync(TimeSpan patience)
    {
        _reading ??= _script.StandardOutput.ReadAsync(_piece.AsMemory()).AsTask();
        int read = await _reading.WaitAsync(patience, TimeProvider.System);
        _reading = null;
        _screen.Append(_piece, 0, read);
        return read > 0;
    }
}
