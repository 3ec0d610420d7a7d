using System.Collections.Immutable;
using System.Text;

namespace Quern.Execution;

/// <summary>What stands above a program's output, byte for byte as stock workers write it. buildbot-commands.md section 2.2.</summary>
internal static class ShellHeader
{
    /// <summary>The pieces in order; each is a header of its own.</summary>
    public static IEnumerable<string> Pieces(
        ShellArguments arguments, ImmutableSortedDictionary<string, string> environment, bool terminalRefused, bool terminal)
    {
        if (terminalRefused) yield return "WARNING: disabling usePTY for this command";
        yield return (arguments.Script ?? ShellQuoting.Join(arguments.Words.Select(w => w.Shown))) + "\n";
        yield return $" in dir {arguments.WorkingDirectory}{Limit("timeout", arguments.SilenceTimeout)}{Limit("maxTime", arguments.TotalTimeout)}\n";
        yield return $" watching logfiles {PythonText.Repr(arguments.LogFiles)}\n";
        yield return $" argv: {arguments.PythonForm}\n";
        if (arguments.LogEnvironment) yield return Environment(environment);
        if (arguments.StandardInput is { Length: > 0 } input)
            yield return $" writing {Encoding.UTF8.GetByteCount(input)} bytes to stdin\n";
        yield return $" using PTY: {(terminal ? "True" : "False")}\n";
    }

    private static string Limit(string name, Seconds? seconds) =>
        seconds is null or { IsZero: true } ? "" : $" ({name} {seconds.WithUnit})";

    private static string Environment(ImmutableSortedDictionary<string, string> environment)
    {
        var text = new StringBuilder(" environment:\n");
        foreach (var (name, value) in environment) text.Append("  ").Append(name).Append('=').Append(value).Append('\n');
        return text.ToString();
    }
}
