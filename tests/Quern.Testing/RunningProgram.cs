using System.Collections.Concurrent;
using System.Diagnostics;

namespace Quern.Testing;

/// <summary>A program beside the test; killed when disposed, if it still runs.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();

    public RunningProgram(string program, params IEnumerable<string> arguments)
        : this(program, path: null, arguments) { }

    /// <param name="program">Its path.</param>
    /// <param name="path">In place of the variable PATH; null leaves it.</param>
    /// <param name="arguments">As it gets them.</param>
    public RunningProgram(string program, string? path, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true };
        if (path is not null) start.Environment["PATH"] = path;
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text) _errors.Enqueue(text);
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>The number of its process.</summary>
    public int Id => _process.Id;

    /// <summary>What it has said on standard error, line by line.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Its exit code, when it has ended.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>By SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
