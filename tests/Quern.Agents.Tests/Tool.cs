using System.Diagnostics;

namespace Quern.Agents.Tests;

/// <summary>The programs that read what is written here: dpkg, rpm, skopeo, sh.</summary>
internal static class Tool
{
    /// <summary>Output of a program that must succeed.</summary>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        var (code, output, errors) = await TryAsync(program, arguments);
        Assert.True(code == 0, $"{program} ended with {code}:\n{output}\n{errors}");
        return output;
    }

    public static async Task<(int Code, string Output, string Errors)> TryAsync(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await errors);
    }
}
