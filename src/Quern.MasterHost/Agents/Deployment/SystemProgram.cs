using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>
/// Runs a program of the system by its arguments, never through a shell, with an environment that has nothing of the farm's. What it says is kept up
/// to a limit.
/// </summary>
internal static class SystemProgram
{
    private const int MaxText = 64 << 10;

    /// <summary>How it ended.</summary>
    /// <param name="ExitCode">-1 when it could not be started.</param>
    public sealed record Result(int ExitCode, string Output, string Errors)
    {
        public bool Succeeded => ExitCode == 0;

        /// <summary>The last line with text of its errors, else of its output; without what would steer a terminal.</summary>
        public string LastLine => LastOf(Errors) ?? LastOf(Output) ?? $"it ended with {ExitCode} and said nothing";

        private static string? LastOf(string text)
        {
            string? line = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
            if (line is null) return null;
            line = string.Concat(line.Select(c => char.IsControl(c) ? ' ' : c));
            return line.Length <= 300 ? line : line[..300];
        }
    }

    /// <summary>Runs to the end; a cancelled token kills it with its children.</summary>
    /// <param name="input">Written to standard input, which is then closed; null closes it at once.</param>
    public static async Task<Result> RunAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken,
        Func<Stream, CancellationToken, Task>? input = null, params IReadOnlyList<(string Name, string Value)> environment)
    {
        using var process = Make(program, arguments, environment);
        try { process.Start(); }
        catch (Win32Exception e) { return new Result(-1, "", $"the program {program} cannot be run here: {e.Message}; install openssh-client"); }

        using var kill = cancellationToken.Register(() => Kill(process));
        var output = ReadAsync(process.StandardOutput);
        var errors = ReadAsync(process.StandardError);
        try
        {
            if (input is not null) await input(process.StandardInput.BaseStream, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything; its exit code says why.
        }
        catch (OperationCanceledException)
        {
            // It is being killed; that is told below, when it is gone.
        }
        await process.WaitForExitAsync(CancellationToken.None);
        var result = new Result(process.ExitCode, await output, await errors);
        cancellationToken.ThrowIfCancellationRequested();
        return result;
    }

    /// <summary>A program that is to run beside others; not started yet.</summary>
    public static Process Make(string program, IReadOnlyList<string> arguments, params IReadOnlyList<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        string path = start.Environment["PATH"] ?? "/usr/bin:/bin";
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new Process { StartInfo = start };
    }

    public static void Kill(Process process)
    {
        try { process.Kill(entireProcessTree: true); }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    /// <summary>All of it is read, so that the program does not wait; what is beyond the limit is dropped.</summary>
    public static async Task<string> ReadAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        char[] buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
            if (text.Length < MaxText) text.Append(buffer, 0, Math.Min(read, MaxText - text.Length));
        return text.ToString();
    }
}
