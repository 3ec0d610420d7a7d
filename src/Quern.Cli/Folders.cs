namespace Quern.Cli;

/// <summary>Where things lie when nothing else is said.</summary>
internal static class Folders
{
    public const string DefaultServer = "http://127.0.0.1:8010";

    /// <summary>In the data folder: where its master answers, written when it is ready.</summary>
    public const string AddressFile = "address";

    /// <summary><c>$XDG_STATE_HOME/quern</c>, or <c>~/.local/state/quern</c>.</summary>
    public static string DefaultData()
    {
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        return Path.IsPathFullyQualified(state ?? "")
            ? Path.Combine(state!, "quern")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "quern");
    }

    /// <summary>Where a token for a server is kept after <c>quern login</c>.</summary>
    public static string LoginFile(string data, Uri server) => Path.Combine(data, $"login-{server.IdnHost.Replace(':', '_')}-{server.Port}");
}
