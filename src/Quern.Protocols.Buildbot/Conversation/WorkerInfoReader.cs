using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>Turns the map of <c>get_worker_info</c> into a <see cref="WorkerInfo"/>.</summary>
public static class WorkerInfoReader
{
    private const int MaxText = 4096;
    private const int MaxEnvironmentText = 32 * 1024;
    private const int MaxEntries = 1024;
    private const int MaxCpus = 65536;
    private const string QuernKey = "quern";
    private const string ArchitectureKey = "architecture";
    private const string PlatformKey = "quern_platform";
    private const string ProgramKey = "quern_program";
    private const int MaxPlatform = 32, Sha256Digits = 64;
    private const string OperatingSystemPrefix = "os_";

    /// <summary>The description of a worker whose paths the master makes, or null with what is missing in it.</summary>
    /// <param name="result">The result of <c>get_worker_info</c>.</param>
    /// <param name="problem">Empty on success.</param>
    public static WorkerInfo? TryRead(WireValue result, out string problem) => TryRead(result, needsBaseDirectory: true, out problem);

    /// <summary>The description, or null with what is missing in it.</summary>
    /// <param name="result">The result of <c>get_worker_info</c> or its like.</param>
    /// <param name="needsBaseDirectory">False where the worker joins paths itself; old ones do not say where their folders are.</param>
    /// <param name="problem">Empty on success.</param>
    public static WorkerInfo? TryRead(WireValue result, bool needsBaseDirectory, out string problem)
    {
        problem = "";
        if (result is not WireValue.Map map)
        {
            problem = "the worker's description is not a map";
            return null;
        }

        string baseDirectory = Text(map, "basedir", MaxText);
        if (baseDirectory.Length == 0 && needsBaseDirectory)
        {
            problem = "the worker's description has no \"basedir\"";
            return null;
        }

        string version = Text(map, "version", 128);
        return new WorkerInfo
        {
            Version = version,
            BaseDirectory = baseDirectory,
            CpuCount = map["numcpus"] is WireValue.Integer { Value: > 0 and <= MaxCpus } cpus ? (int)cpus.Value : 0,
            System = Text(map, "system", 32) is { Length: > 0 } system ? system : "posix",
            Environment = Texts(map["environ"], MaxEnvironmentText),
            Commands = Texts(map["worker_commands"], 64),
            Admin = Text(map, "admin", MaxText).TrimEnd('\n'),
            Host = Text(map, "host", MaxText).TrimEnd('\n'),
            OperatingSystem = OperatingSystem(map),
            Architecture = Text(map, ArchitectureKey, 64),
            Platform = Word(map, PlatformKey, MaxPlatform),
            Program = Word(map, ProgramKey, Sha256Digits) is { Length: Sha256Digits } hash && hash.All(char.IsAsciiHexDigitLower) ? hash : "",
            DeletesLeftoverDirectories = map["delete_leftover_dirs"]
                is WireValue.Boolean { Value: true } or WireValue.Integer { Value: not 0 },
            IsQuern = map[QuernKey] is not null || version.StartsWith(QuernKey, StringComparison.OrdinalIgnoreCase),
        };
    }

    private static string Text(WireValue.Map map, string key, int limit) =>
        map[key] is WireValue.Text text ? Cut(text.Value, limit) : "";

    /// <summary>Small letters, digits and hyphens, or nothing: such a word is compared, and what is cut would be another.</summary>
    private static string Word(WireValue.Map map, string key, int limit) =>
        map[key] is WireValue.Text text && text.Value.Length <= limit && text.Value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') ? text.Value : "";

    private static string Cut(string text, int limit) => text.Length <= limit ? text : text[..limit];

    private static ImmutableSortedDictionary<string, string> Texts(WireValue? value, int limit)
    {
        if (value is not WireValue.Map map) return ImmutableSortedDictionary<string, string>.Empty;
        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach ((string key, WireValue item) in map.Entries)
        {
            if (texts.Count >= MaxEntries) break;
            if (item is WireValue.Text text && key.Length is > 0 and <= MaxText) texts[key] = Cut(text.Value, limit);
        }

        return texts.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> OperatingSystem(WireValue.Map map)
    {
        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach ((string key, WireValue item) in map.Entries)
        {
            if (texts.Count >= 32) break;
            if (item is WireValue.Text text && key.Length is > 3 and <= 64
                && key.StartsWith(OperatingSystemPrefix, StringComparison.Ordinal))
                texts[key[OperatingSystemPrefix.Length..]] = Cut(text.Value, 256);
        }

        return texts.ToImmutable();
    }
}
