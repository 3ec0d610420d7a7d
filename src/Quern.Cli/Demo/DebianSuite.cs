namespace Quern.Cli.Demo;

/// <summary>Which Debian this machine is: the demo builds that release's sources in a root of that release.</summary>
internal static class DebianSuite
{
    private const string Release = "/etc/os-release";

    public static string OfThisMachine()
    {
        string? line = File.Exists(Release)
            ? File.ReadLines(Release).FirstOrDefault(l => l.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))
            : null;
        return line?["VERSION_CODENAME=".Length..].Trim('"') is { Length: > 0 } name
            ? name
            : throw new CommandFailedException(ExitCode.Failed, $"{Release} names no VERSION_CODENAME: the demo needs Debian 12 or 13.");
    }
}
