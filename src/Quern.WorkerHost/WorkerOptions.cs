using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>What the command line of <c>quern-worker</c> says.</summary>
internal sealed record WorkerOptions(
    string Host, int Port, string Path, WorkerName Name, string PasswordFile, string BaseDirectory, int? MaxRetries)
{
    public const string Usage =
        """
        usage: quern-worker --master ws://HOST:PORT --name NAME --password-file FILE [--dir DIR] [--max-retries N]

          --master URI          the master; ws://HOST:PORT speaks Buildbot's msgpack_experimental_v7
          --name NAME           the name this worker logs in with
          --password-file FILE  its password, on the first line
          --dir DIR             where builds happen; made when missing (default: the current directory)
          --max-retries N       give up after N failed attempts in a row (default: never)
          --version, --help
        """;

    /// <summary>Null with a sentence for people when the arguments cannot be used.</summary>
    public static WorkerOptions? TryParse(ReadOnlySpan<string> arguments, out string problem)
    {
        string? master = null, name = null, passwordFile = null, directory = null, retries = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            string option = arguments[i];
            string? value = null;
            if (option.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) (option, value) = (option[..at], option[(at + 1)..]);
            if (option is not ("--master" or "--name" or "--password-file" or "--dir" or "--max-retries"))
                return Fail(out problem, $"unknown option '{option}'");
            if (value is null && ++i == arguments.Length) return Fail(out problem, $"{option} needs a value");
            value ??= arguments[i];
            switch (option)
            {
                case "--master": master = value; break;
                case "--name": name = value; break;
                case "--password-file": passwordFile = value; break;
                case "--dir": directory = value; break;
                default: retries = value; break;
            }
        }
        if (master is null) return Fail(out problem, "--master is missing");
        if (name is null) return Fail(out problem, "--name is missing");
        if (passwordFile is null) return Fail(out problem, "--password-file is missing");
        if (!TryParseMaster(master, out string? host, out int port, out string path, out problem)) return null;
        if (!WorkerName.TryParse(name, out var workerName)) return Fail(out problem, $"--name: '{name}' is not {WorkerName.Rule}");
        int? maxRetries = null;
        if (retries is not null)
        {
            if (!int.TryParse(retries, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed))
                return Fail(out problem, $"--max-retries: '{retries}' is not a number");
            maxRetries = parsed;
        }
        return new WorkerOptions(
            host, port, path, workerName, passwordFile, System.IO.Path.GetFullPath(directory ?? "."), maxRetries);
    }

    private static bool TryParseMaster(
        string master, [NotNullWhen(true)] out string? host, out int port, out string path, out string problem)
    {
        (host, port, path, problem) = (null, 0, "/", "");
        if (!Uri.TryCreate(master, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            problem = $"--master: '{master}' is not an address like ws://HOST:PORT";
        else if (uri.Scheme is "pb" or "branch" or "wss")
            problem = $"--master: this version speaks ws:// only, not {uri.Scheme}://";
        else if (uri.Scheme != "ws")
            problem = $"--master: unknown scheme '{uri.Scheme}'; this version speaks ws:// only";
        else if (!master.AsSpan("ws://".Length).Contains(':') || uri.Port <= 0)
            problem = $"--master: '{master}' names no port; a Buildbot master's msgpack port has no default";
        else
            (host, port, path) = (uri.IdnHost, uri.Port, uri.PathAndQuery);
        return problem.Length == 0;
    }

    private static WorkerOptions? Fail(out string problem, string text)
    {
        problem = text;
        return null;
    }
}
