using System.Diagnostics;

namespace Quern.Storage.Tests.Logs;

/// <summary>Runs one explicit test of this program in a process of its own.</summary>
internal static class ChildTest
{
    /// <param name="before">Words of a program that starts the child, such as <c>unshare</c>; empty for none.</param>
    public static Process Start(string method, IReadOnlyDictionary<string, string> environment, params string[] before)
    {
        string[] words = [.. before, Environment.ProcessPath!, "-explicit", "only", "-method", method];
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in words[1..]) start.ArgumentList.Add(word);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
