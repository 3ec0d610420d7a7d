using System.Globalization;

namespace Quern.WorkerHost;

/// <summary><c>create-worker</c>: a folder with its <c>buildbot.tac</c> and <c>info</c>. buildbot-commands.md section 6.1.</summary>
internal sealed class CreateWorker(TextWriter output)
{
    private const string Admin = "Your Name Here <admin@youraddress.invalid>\n", Host = "Please put a description of this build host here\n";

    /// <summary>Null with the words of the stock program when the arguments are wrong.</summary>
    public static TacSettings? TryRead(ParsedOptions options, string currentDirectory, out string problem)
    {
        if (options.Words is not [var basedir, var master, var name, var password]) return Fail(out problem, "incorrect number of arguments");
        if (!TryMaster(master, out string host, out int port, out problem)) return null;
        foreach (string option in (ReadOnlySpan<string>)["keepalive", "maxdelay", "log-size"])
            if (!long.TryParse(options.Value(option)!.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                return Fail(out problem, $"{option} parameter needs to be a number");
        foreach (string option in (ReadOnlySpan<string>)["log-count", "maxretries", "umask", "numcpus"])
            if (!IsNumberOrNone(options.Value(option)!)) return Fail(out problem, $"{option} parameter needs to be a number or None");
        if (options.Value("allow-shutdown") is not (null or "signal" or "file")) return Fail(out problem, "allow-shutdown needs to be one of 'signal' or 'file'");
        problem = "";
        return new TacSettings
        {
            BaseDirectory = Path.GetFullPath(basedir, currentDirectory),
            Host = host,
            Port = port,
            Name = name,
            Password = password,
            Keepalive = Number("keepalive"),
            Umask = options.Value("umask")!,
            MaxDelay = Number("maxdelay"),
            Cpus = options.Value("numcpus")!,
            AllowShutdown = options.Value("allow-shutdown"),
            MaxRetries = options.Value("maxretries")!,
            UseTls = options.Has("use-tls"),
            DeleteLeftoverDirs = options.Has("delete-leftover-dirs"),
            ConnectionString = options.Value("connection-string"),
            ProxyConnectionString = options.Value("proxy-connection-string"),
            Protocol = options.Value("protocol")!,
            LogBytes = Number("log-size"),
            LogCount = options.Value("log-count")!,
            RotatesLog = !options.Has("no-logrotate"),
        };

        long Number(string option) => long.Parse(options.Value(option)!.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    /// <returns>The exit code.</returns>
    public int Run(TacSettings settings, bool relocatable, bool quiet)
    {
        string basedir = settings.BaseDirectory;
        var written = relocatable ? settings with { BaseDirectory = "." } : settings;
        void Say(string text)
        {
            if (!quiet) output.Write(text + "\n");
        }

        try
        {
            MakeFolder(basedir, Say);
            WriteTac(basedir, TacWriter.Write(written), Say);
            WriteInfo(basedir, Say);
        }
        catch (IOException e)
        {
            output.Write($"{e.Message}\nfailed to configure worker in {written.BaseDirectory}\n");
            return 1;
        }
        Say($"worker configured in {basedir}");
        return 0;
    }

    private static bool TryMaster(string text, out string host, out int port, out string problem)
    {
        (host, port, problem) = (text, 9989, "");
        if (text.StartsWith("http:", StringComparison.Ordinal))
        {
            problem = "<master> is not a URL - do not use URL";
            return false;
        }
        string portText = "9989";
        if (text.StartsWith('[') && text.Contains(']'))
        {
            string rest = text[(text.IndexOf(']') + 1)..];
            host = text[1..text.IndexOf(']')];
            if (rest.Contains(':')) portText = rest.Split(':')[1];
        }
        else if (text.Contains(':'))
        {
            string[] parts = text.Split(':');
            if (parts.Length > 2)
            {
                problem = $"invalid <master> argument '{text}', if it is an ipv6 address, it must be enclosed by []";
                return false;
            }
            (host, portText) = (parts[0], parts[1]);
        }
        if (host.Length == 0) problem = $"invalid <master> argument '{text}'";
        else if (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port)) problem = $"invalid master port '{portText}', needs to be a number";
        return problem.Length == 0;
    }

    private static bool IsNumberOrNone(string text)
    {
        if (text == "None") return true;
        var digits = text.StartsWith("0o", StringComparison.Ordinal) ? text.AsSpan(2) : text;
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static void MakeFolder(string basedir, Action<string> say)
    {
        if (Path.Exists(basedir))
        {
            say("updating existing installation");
            return;
        }
        say($"mkdir {basedir}");
        if (!Directory.Exists(Path.GetDirectoryName(basedir))) throw new IOException($"error creating directory {basedir}: No such file or directory");
        Try(() => Directory.CreateDirectory(basedir), $"error creating directory {basedir}");
    }

    private static void WriteTac(string basedir, string contents, Action<string> say)
    {
        string path = Path.Combine(basedir, "buildbot.tac");
        if (File.Exists(path))
        {
            string old = "";
            Try(() => old = File.ReadAllText(path), $"error reading {path}");
            if (SaysTheSame(old, contents, path))
            {
                say("buildbot.tac already exists and is correct");
                return;
            }
            say("not touching existing buildbot.tac");
            say("creating buildbot.tac.new instead");
            path += ".new";
        }
        Write(path, contents, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>A file that a stock worker wrote has other comments and line breaks and says the same all the same.</summary>
    private static bool SaysTheSame(string old, string contents, string path)
    {
        if (old == contents) return true;
        if (BaseLine(old) != BaseLine(contents)) return false;   // a folder that may be moved reads as one that is there now
        var first = TacReader.TryRead(old, path, Environment.GetEnvironmentVariable, out _);
        return first is not null && first == TacReader.TryRead(contents, path, Environment.GetEnvironmentVariable, out _);
    }

    private static string? BaseLine(string tac) => tac.Split('\n').FirstOrDefault(l => l.StartsWith("basedir = ", StringComparison.Ordinal));

    private static void WriteInfo(string basedir, Action<string> say)
    {
        string info = Path.Combine(basedir, "info");
        if (!Path.Exists(info))
        {
            say($"mkdir {info}");
            Try(() => Directory.CreateDirectory(info), $"error creating directory {info}");
        }
        WriteMissing(info, "admin", Admin, say);
        bool created = WriteMissing(info, "host", Host, say);
        if (!Path.Exists(Path.Combine(info, "access_uri"))) say("Not creating info/access_uri - add it if you wish");
        if (created) say($"Please edit the files in {info} appropriately.");
    }

    private static bool WriteMissing(string info, string name, string contents, Action<string> say)
    {
        string path = Path.Combine(info, name);
        if (Path.Exists(path)) return false;
        say($"Creating info/{name}, you need to edit it appropriately.");
        Write(path, contents, null);
        return true;
    }

    private static void Write(string path, string contents, UnixFileMode? mode) => Try(
        () =>
        {
            // Made with its mode, not given it afterwards: a password stands in it.
            using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode });
            if (mode is { } wanted) File.SetUnixFileMode(stream.SafeFileHandle, wanted);
            stream.Write(System.Text.Encoding.UTF8.GetBytes(contents));
        },
        $"could not write {path}");

    private static void Try(Action action, string what)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{what}: {SystemError.Text(e)}", e);
        }
    }

    private static TacSettings? Fail(out string problem, string text)
    {
        problem = text;
        return null;
    }
}
