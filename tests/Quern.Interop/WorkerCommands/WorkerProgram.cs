using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Quern.Interop.WorkerCommands;

/// <summary>One of the two programs called <c>buildbot-worker</c>, in a scratch folder of its own.</summary>
internal sealed class WorkerProgram : IDisposable
{
    private readonly string _program;

    private WorkerProgram(string program, string root) => (_program, Root) = (program, root);

    public string Root { get; }

    public static WorkerProgram Stock()
    {
        StockMaster.StockMaster.Need("/usr/bin/buildbot-worker", "buildbot-worker");
        return new WorkerProgram("/usr/bin/buildbot-worker", NewFolder());
    }

    /// <summary>Our program under the name of the other, as an administrator links it.</summary>
    public static WorkerProgram Own()
    {
        string root = NewFolder(), link = Path.Combine(root + ".bin", "buildbot-worker");
        Directory.CreateDirectory(root + ".bin");
        File.CreateSymbolicLink(link, Path.Combine(AppContext.BaseDirectory, "quern-worker"));
        return new WorkerProgram(link, root);
    }

    /// <summary>Starts it with nothing in its environment but what is needed to find the runtime.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(_program, arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } runtime) start.Environment["DOTNET_ROOT"] = runtime;
        return Process.Start(start)!;
    }

    public async Task<Outcome> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Outcome(process.ExitCode, Movable(await output), Movable(await errors));
    }

    /// <summary>Ends a daemon that a failed test has left, too.</summary>
    public void Dispose()
    {
        foreach (string file in Directory.EnumerateFiles(Root, "twistd.pid", SearchOption.AllDirectories))
            using (var kill = Process.Start("kill", ["-KILL", File.ReadAllText(file).Trim()])) kill.WaitForExit();
        Directory.Delete(Root, recursive: true);
        if (Directory.Exists(Root + ".bin")) Directory.Delete(Root + ".bin", recursive: true);
    }

    private string Movable(string text) => text.Replace(Root, "/ROOT", StringComparison.Ordinal);

    private static string NewFolder() => Directory.CreateTempSubdirectory("quern-commands-").FullName;

    internal sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        /// <summary>With all differences taken out that are allowed, but for one.</summary>
        public Outcome Plain(AllowedDifference? except = null) => this with { Output = Plain(Output, except), Errors = Plain(Errors, except) };

        private static string Plain(string text, AllowedDifference? except)
        {
            foreach (var difference in AllowedDifference.All)
                if (difference != except) text = Regex.Replace(text, difference.Pattern, difference.Meaning);
            return text;
        }
    }
}
