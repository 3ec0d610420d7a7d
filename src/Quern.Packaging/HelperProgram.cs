using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Quern.Packaging;

/// <summary>Runs a program by its arguments, never through a shell.</summary>
internal static class HelperProgram
{
    private const int MaxOutput = 4 << 20;      // the longest listing read here is apt's, some kilobytes
    private const int MaxErrors = 64 << 10;

    private static readonly string[] Kept =
        ["PATH", "HOME", "DOTNET_ROOT", "DOTNET_BUNDLE_EXTRACT_BASE_DIR", "http_proxy", "https_proxy", "no_proxy", "TMPDIR",
        "SSL_CERT_FILE", "SSL_CERT_DIR"];     // whom to trust, where that is not the machine's own list

    /// <summary>Runs to the end; a cancelled token kills the program with its children.</summary>
    /// <param name="line">Called for each line of standard error, for progress.</param>
    /// <param name="bare">Leave out the farm's own environment, which may hold secrets, but for what programs need to start and connect.</param>
    /// <param name="input">Written to standard input, which is then closed.</param>
    public static async Task<ProgramResult> RunAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? environment = null, string? directory = null, Action<string>? line = null, string? input = null,
        bool bare = false)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        if (bare)
        {
            foreach (string name in start.Environment.Keys.Where(name => !Kept.Contains(name)).ToList()) start.Environment.Remove(name);
        }
        if (environment is not null)
            foreach (var (name, value) in environment) start.Environment[name] = value;

        using var process = new Process { StartInfo = start };
        try { process.Start(); }
        catch (Win32Exception e) { return new ProgramResult(-1, "", $"{program}: {e.Message}"); }

        using var kill = cancellationToken.Register(() => Kill(process));
        var output = ReadAsync(process.StandardOutput, MaxOutput, keepEnd: false, null);
        var errors = ReadAsync(process.StandardError, MaxErrors, keepEnd: true, line);
        try
        {
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything; its exit code says why.
        }
        await process.WaitForExitAsync(CancellationToken.None);
        var result = new ProgramResult(process.ExitCode, await output, await errors);
        cancellationToken.ThrowIfCancellationRequested();
        return result;
    }

    private static void Kill(Process process)
    {
        try { process.Kill(entireProcessTree: true); }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, int limit, bool keepEnd, Action<string>? line)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync() is { } read)
        {
            line?.Invoke(read);
            if (!keepEnd && text.Length + read.Length > limit) continue;
            text.Append(read).Append('\n');
            if (keepEnd && text.Length > limit) text.Remove(0, text.Length - limit);
        }
        return text.ToString();
    }
}
