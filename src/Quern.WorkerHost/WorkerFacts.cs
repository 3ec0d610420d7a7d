using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Quern.Execution;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>What a worker tells a master about itself. buildbot-pb.md section 8.3.</summary>
internal sealed record WorkerFacts
{
    // A folder of texts for people; nobody needs more of it than this.
    private const int MaxInfoFiles = 64, MaxInfoBytes = 64 * 1024;

    /// <summary>What a leading <c>~</c> in a master's path stands for.</summary>
    public static string Home { get; } = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);

    public required string BaseDirectory { get; init; }
    public required ImmutableSortedDictionary<string, string> Environment { get; init; }

    public int Cpus { get; init; } = System.Environment.ProcessorCount;

    public bool DeletesLeftoverDirs { get; init; }

    /// <summary>What it runs as; null for what is no agent, whose program is its owner's affair.</summary>
    public OwnProgram? Program { get; init; }

    /// <summary>File name in <c>info/</c> to its text; <c>admin</c> and <c>host</c> are shown by masters.</summary>
    public ImmutableSortedDictionary<string, string> Info { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The keys of <c>/etc/os-release</c> in lower case.</summary>
    public ImmutableArray<KeyValuePair<string, string>> OperatingSystem { get; init; } = [];

    public static string Version => typeof(WorkerFacts).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>As <c>uname -m</c> prints it.</summary>
    public static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x86_64",
        System.Runtime.InteropServices.Architecture.X86 => "i686",
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    public static WorkerFacts Gather(string baseDirectory, ImmutableSortedDictionary<string, string> environment) => new()
    {
        BaseDirectory = baseDirectory,
        Environment = environment,
        Info = ReadInfo(System.IO.Path.Combine(baseDirectory, "info")),
        OperatingSystem = ReadOsRelease("/etc/os-release"),
    };

    /// <summary>The answer to <c>get_worker_info</c>. The keys that begin with <c>quern</c> are ours; other masters pass over them.</summary>
    public WireValue.Map ToWire()
    {
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, WireValue>>();
        foreach (var (name, text) in Info) entries.Add(new(name, text));
        foreach (var (name, text) in OperatingSystem) entries.Add(new($"os_{name}", text));
        entries.Add(new("environ", Map(Environment)));
        entries.Add(new("system", "posix"));
        entries.Add(new("basedir", BaseDirectory));
        entries.Add(new("numcpus", (long)Cpus));
        entries.Add(new("version", Version));
        entries.Add(new("quern", Version));
        entries.Add(new("architecture", Architecture));
        if (Program is { } program)
        {
            entries.Add(new("quern_platform", program.Platform));
            entries.Add(new("quern_program", program.Sha256));
        }
        entries.Add(new("worker_commands", CommandsToWire()));
        entries.Add(new("delete_leftover_dirs", DeletesLeftoverDirs ? 1L : 0L));
        return new WireValue.Map(entries.ToImmutable());
    }

    /// <summary>The answer to <c>getSlaveInfo</c> of masters of 0.8. buildbot-pb.md section 9.2.</summary>
    public WireValue.Map ToOldWire() => new([.. ToWire().Entries, new("slave_commands", CommandsToWire())]);

    /// <summary>Command name to version.</summary>
    public static WireValue.Map CommandsToWire() => Map(CommandEngine.Commands);

    private static WireValue.Map Map(IEnumerable<KeyValuePair<string, string>> texts) =>
        new([.. texts.Select(t => KeyValuePair.Create<string, WireValue>(t.Key, t.Value))]);

    private static ImmutableSortedDictionary<string, string> ReadInfo(string directory)
    {
        var result = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (!Directory.Exists(directory)) return result.ToImmutable();
        foreach (string path in Directory.EnumerateFiles(directory).Take(MaxInfoFiles))
            if (new FileInfo(path).Length <= MaxInfoBytes) result[System.IO.Path.GetFileName(path)] = File.ReadAllText(path);
        return result.ToImmutable();
    }

    private static ImmutableArray<KeyValuePair<string, string>> ReadOsRelease(string path)
    {
        if (!File.Exists(path)) return [];
        var result = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (string line in File.ReadLines(path).Take(256))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || line[0] == '#') continue;
            result.Add(new(line[..equals].ToLowerInvariant(), line[(equals + 1)..].Trim('"', '\'')));
        }
        return result.ToImmutable();
    }
}
