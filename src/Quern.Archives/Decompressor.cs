using System.ComponentModel;
using System.Diagnostics;

namespace Quern.Archives;

/// <summary>
/// Undoes a compression by the system's own program, not a library: it can be given a memory limit and it cannot crash us. Life:
/// started; <see cref="Output"/> read, to its end or not; <see cref="ComplaintAsync"/>; disposed, which ends the program wherever it is.
/// </summary>
public sealed class Decompressor : IAsyncDisposable
{
    private readonly Process? _process;
    private readonly Task _feeding;
    private readonly Task<string> _errors;

    private Decompressor(Stream plain) => (Output, _feeding, _errors) = (plain, Task.CompletedTask, Task.FromResult(""));

    private Decompressor(Process process, Stream file)
    {
        (_process, Output) = (process, process.StandardOutput.BaseStream);
        _feeding = FeedAsync(file, process);
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The plain bytes.</summary>
    public Stream Output { get; }

    /// <param name="compression">Of the file; with <see cref="Compression.None"/> the file itself is the output.</param>
    /// <param name="file">At its start. Not disposed; read by the program until this object is.</param>
    /// <exception cref="InvalidDataException">The program is not there.</exception>
    public static Decompressor Start(Compression compression, Stream file, UnpackLimits limits)
    {
        if (Compressions.Program(compression, limits.DecompressorMebibytes) is not { } words) return new Decompressor(file);
        var start = new ProcessStartInfo(words[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in words.AsSpan(1)) start.ArgumentList.Add(word);
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            process.Dispose();
            throw new InvalidDataException($"it cannot be read here: the program {words[0]} is missing on this machine");
        }
        return new Decompressor(process, file);
    }

    /// <summary>Called when nobody wants more of the output, and best when it has been read to its end.</summary>
    /// <returns>What the program says is wrong with the file; null when nothing is, or when there is more output, so that it has not seen all of the file.</returns>
    public async Task<string?> ComplaintAsync(CancellationToken cancellationToken)
    {
        if (_process is null || await Output.ReadAsync(new byte[1], cancellationToken) > 0) return null;
        await _feeding;
        await _process.WaitForExitAsync(cancellationToken);
        string error = (await _errors).Split('\n')[0].Replace("xz: (stdin): ", "", StringComparison.Ordinal).Trim();
        return error.Length > 0 ? error : _process.ExitCode == 0 ? null : $"the decompressor ended with {_process.ExitCode}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
        await _feeding;
        await _process.WaitForExitAsync();
        await _errors;
        _process.Dispose();
    }

    private static async Task FeedAsync(Stream file, Process process)
    {
        try
        {
            await using var input = process.StandardInput.BaseStream;
            await file.CopyToAsync(input);
        }
        catch (IOException)
        {
            // The program has seen enough.
        }
    }
}
