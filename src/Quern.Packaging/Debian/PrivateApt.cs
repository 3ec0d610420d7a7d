using System.Text;

namespace Quern.Packaging.Debian;

/// <summary>
/// An apt of the farm's own: own sources, lists, cache and state in one folder, Debian's keys only. The machine's apt is
/// neither read from nor written to.
/// </summary>
public sealed class PrivateApt
{
    private readonly string _folder;
    private readonly DebianArchive _archive;
    private readonly TimeProvider _time;

    /// <param name="folder">Made when missing; used by one process at a time through a lock file.</param>
    public PrivateApt(string folder, DebianArchive archive, TimeProvider time)
    {
        _folder = Path.GetFullPath(folder);
        _archive = archive;
        _time = time;
    }

    private string ConfigurationFile => Path.Combine(_folder, "apt.conf");

    private string Stamp => Path.Combine(_folder, "refreshed");

    /// <summary>Writes the configuration and fetches the index when it is older than <paramref name="age"/>.</summary>
    /// <returns>Null when the index is there, else what went wrong.</returns>
    public async Task<string?> RefreshAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        if (!File.Exists(DebianArchive.KeyRing))
            return $"Debian's keys are missing ({DebianArchive.KeyRing}). Run: apt-get install debian-archive-keyring";
        await WriteConfigurationAsync(cancellationToken);
        if (File.Exists(Stamp) && _time.GetUtcNow() - File.GetLastWriteTimeUtc(Stamp) < age) return null;

        var update = await RunAsync("apt-get", ["--error-on=any", "-q", "update"], cancellationToken);
        if (!update.Succeeded) return $"Debian's index of sources for {_archive.Suite} was not fetched: {update.LastError}. Check the network and /etc/apt/sources.list.d.";
        await File.WriteAllTextAsync(Stamp, "", cancellationToken);
        File.SetLastWriteTimeUtc(Stamp, _time.GetUtcNow().UtcDateTime);
        return null;
    }

    /// <summary>Waits for the folder; released by disposing. Other fetchers may be using it.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        string path = Path.Combine(_folder, "lock");
        while (true)
        {
            try { return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), _time, cancellationToken);
            }
        }
    }

    internal Task<ProgramResult> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        HelperProgram.RunAsync(program, arguments, cancellationToken,
            new Dictionary<string, string> { ["APT_CONFIG"] = ConfigurationFile, ["LC_ALL"] = "C.UTF-8" });

    private async Task WriteConfigurationAsync(CancellationToken cancellationToken)
    {
        foreach (string part in (string[])["lists/partial", "cache/archives/partial", "state", "etc", "parts"])
            Directory.CreateDirectory(Path.Combine(_folder, part));
        string sources = Path.Combine(_folder, "etc", "sources.list");
        // The release alone: only upstream's archive is taken, and the release always has it, while a mirror of updates may not.
        string wanted = string.Join('\n', (_archive with { Entries = [.. _archive.Entries.Where(e => e.Suite == _archive.Suite)] }).Lines("deb-src")) + "\n";
        if (!File.Exists(sources) || await File.ReadAllTextAsync(sources, cancellationToken) != wanted)
        {
            File.Delete(Stamp);
            await File.WriteAllTextAsync(sources, wanted, cancellationToken);
        }

        var text = new StringBuilder();
        foreach (var (key, value) in new (string, string)[]
        {
            ("Dir", _folder), ("Dir::State", _folder + "/state"), ("Dir::State::lists", _folder + "/lists"), ("Dir::State::status", "/dev/null"),
            ("Dir::Cache", _folder + "/cache"), ("Dir::Etc", _folder + "/etc"), ("Dir::Etc::sourcelist", sources),
            ("Dir::Etc::sourceparts", _folder + "/parts"), ("Dir::Etc::parts", _folder + "/parts"),
            ("Dir::Etc::preferences", "/dev/null"), ("Dir::Etc::preferencesparts", _folder + "/parts"),
            ("Dir::Etc::trusted", "/dev/null"), ("Dir::Etc::trustedparts", _folder + "/parts"),
            // apt's own user could not write into a folder of the farm's.
            ("APT::Sandbox::User", "root"), ("Acquire::Languages", "none"), ("Acquire::AllowInsecureRepositories", "false"),
        }) text.Append(key).Append(" \"").Append(value).Append("\";\n");
        foreach (string line in await MachineApt.ConnectionLinesAsync(cancellationToken)) text.Append(line).Append('\n');
        await File.WriteAllTextAsync(ConfigurationFile, text.ToString(), cancellationToken);
    }
}
