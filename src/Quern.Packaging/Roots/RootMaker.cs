using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Quern.Model;
using Quern.Packaging.Debian;
using Quern.Packaging.Planning;

namespace Quern.Packaging.Roots;

/// <summary>
/// Makes template roots on the master, each once: with <c>mmdebstrap</c> from Debian's archive, or from a folder. The result is
/// a tar under gzip (every worker can unpack that) in the store, and a small JSON file beside it.
/// </summary>
/// <param name="folder">Where the JSON files and unfinished work lie.</param>
/// <param name="blobs">Where the archives are kept.</param>
/// <param name="time">For the date in the JSON file.</param>
public sealed class RootMaker(string folder, IBlobSource blobs, TimeProvider time)
{
    // Part of the key: a change of how roots are made makes them anew.
    private const string Recipe = "1";

    // Documentation is most of what a root could hold and nothing a build reads.
    private static readonly string[] Left = ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*"];

    // A build needs nobody else's rights; logs, caches and the machine's name servers would make two roots differ.
    private const string Finish =
        "find \"$1\" -xdev -perm /6000 -exec chmod ug-s {} + && rm -rf \"$1\"/var/cache/* \"$1\"/var/lib/apt \"$1\"/var/log/* && " +
        ": > \"$1\"/etc/resolv.conf && echo quern > \"$1\"/etc/hostname";

    /// <summary>Gives the root for some settings, made now if it is not there.</summary>
    /// <param name="progress">Told one line at a time what happens; may be called from any thread.</param>
    public async Task<RootResult> MakeAsync(RootSettings settings, Action<string> progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        return settings switch
        {
            RootSettings.Debian debian => await MakeDebianAsync(debian, progress, cancellationToken),
            RootSettings.Folder from => await MakeFromFolderAsync(from, progress, cancellationToken),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>The paths of a root's files and links, from the root (<c>/usr/bin/gcc</c>), in order.</summary>
    public async Task<ImmutableArray<string>> FilesAsync(RootTemplate root, CancellationToken cancellationToken) =>
        [.. await File.ReadAllLinesAsync(Path.Combine(folder, root.Key + ".files"), cancellationToken)];

    private async Task<RootResult> MakeDebianAsync(RootSettings.Debian settings, Action<string> progress, CancellationToken cancellationToken)
    {
        string what = $"The template root (Debian {settings.Suite})";
        if (settings.Packages.FirstOrDefault(p => !IsPackageName(p)) is { } bad)
            return new RootResult.Failed($"{what} was not made: '{bad}' is not the name of a Debian package. Correct it under environments in quern.yaml.");
        var archive = DebianArchive.Choose(AptSources.ReadMachine(), settings.Suite, out string problem);
        if (archive is null) return new RootResult.Failed($"{what} was not made: {problem}");
        if (!File.Exists(DebianArchive.KeyRing))
            return new RootResult.Failed($"{what} was not made: Debian's keys are missing ({DebianArchive.KeyRing}). Run: apt-get install debian-archive-keyring");

        string[] packages = [.. settings.Packages.Distinct().Order(StringComparer.Ordinal)];
        string[] mirrors = [.. archive.Lines("deb")];
        string key = KeyOf(["debian", Recipe, RuntimeInformation.OSArchitecture.ToString(), settings.Suite, string.Join(',', packages), .. mirrors]);
        if (await FindAsync(key, cancellationToken) is { } there) return new RootResult.Ready(there, WasThere: true);

        progress($"Making the template root: Debian {settings.Suite} with {packages.Length} packages");
        string tar = Path.Combine(folder, $"{key}.{Guid.NewGuid():N}.tar");
        try
        {
            List<string> arguments = ["--variant=essential", "--mode=auto", "--skip=output/dev", "--format=tar", "--keyring=" + DebianArchive.KeyRing];
            arguments.Add("--dpkgopt=force-unsafe-io");     // a root that a crash cuts short is made again anyway
            foreach (string left in Left) arguments.Add("--dpkgopt=path-exclude=" + left);
            foreach (string line in await MachineApt.ConnectionLinesAsync(cancellationToken)) arguments.Add("--aptopt=" + line.TrimEnd(';'));
            arguments.Add("--customize-hook=" + Finish);
            if (packages.Length > 0) arguments.Add("--include=" + string.Join(',', packages));
            arguments.AddRange([settings.Suite, tar, .. mirrors]);
            // Without these two, dates and languages of the machine would be in the root.
            var environment = new Dictionary<string, string> { ["LC_ALL"] = "C.UTF-8", ["SOURCE_DATE_EPOCH"] = "1577836800" };
            var made = await HelperProgram.RunAsync("mmdebstrap", arguments, cancellationToken, environment,
                line: line => { if (line.StartsWith("I: ", StringComparison.Ordinal)) progress(line[3..]); });
            if (made.ExitCode == -1)
                return new RootResult.Failed($"{what} was not made: the program mmdebstrap is missing. Run: apt-get install mmdebstrap");
            if (!made.Succeeded)
                return new RootResult.Failed($"{what} was not made: {FirstError(made)}. Check environments in quern.yaml (suite, packages), the network and /etc/apt/sources.list.d.");
            return await StoreAsync(key, tar, $"Debian {settings.Suite} with {string.Join(", ", packages)}", progress, cancellationToken);
        }
        finally
        {
            File.Delete(tar);
        }
    }

    private async Task<RootResult> MakeFromFolderAsync(RootSettings.Folder settings, Action<string> progress, CancellationToken cancellationToken)
    {
        string what = $"The template root from {settings.Path}";
        if (!Directory.Exists(Path.Combine(settings.Path, "usr", "bin")))
            return new RootResult.Failed($"{what} was not made: there is no usr/bin in that folder. Correct root.directory under environments in quern.yaml.");
        progress($"Packing the template root from {settings.Path}");
        string tar = Path.Combine(folder, $"folder.{Guid.NewGuid():N}.tar");
        try
        {
            var packed = await HelperProgram.RunAsync("tar",
                ["--create", "--file", tar, "--directory", settings.Path, "--one-file-system", "--sort=name", "--numeric-owner",
                 "--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*", "--exclude=./run/*", "--exclude=./tmp/*", "."], cancellationToken);
            if (!packed.Succeeded) return new RootResult.Failed($"{what} was not made: {packed.LastError}. Every file in it must be readable by the farm.");
            // The folder may have changed since the last time, so its content is its key.
            await using var file = File.OpenRead(tar);
            string key = KeyOf(["folder", Recipe, Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(file, cancellationToken))]);
            if (await FindAsync(key, cancellationToken) is { } there) return new RootResult.Ready(there, WasThere: true);
            return await StoreAsync(key, tar, $"the folder {settings.Path}", progress, cancellationToken);
        }
        finally
        {
            File.Delete(tar);
        }
    }

    private async Task<RootResult> StoreAsync(string key, string tar, string description, Action<string> progress, CancellationToken cancellationToken)
    {
        var files = ImmutableArray.CreateBuilder<string>();
        var names = await HelperProgram.RunAsync("tar", ["--list", "--quoting-style=literal", "--file", tar], cancellationToken);
        if (!names.Succeeded) return new RootResult.Failed($"The template root's archive cannot be read: {names.LastError}. Check the disk of {folder}.");
        foreach (string name in names.Output.Split('\n'))
            if (name.Length > 0 && !name.EndsWith('/')) files.Add("/" + (name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name));
        files.Sort(StringComparer.Ordinal);

        progress("Compressing the template root");
        string compressed = tar + ".gz";
        try
        {
            // Level 1: four seconds for 320 MB here; higher levels save a tenth and take three times as long. No name and no time inside.
            var zipped = await HelperProgram.RunAsync("gzip", ["-1", "--no-name", "--keep", tar], cancellationToken);
            if (!zipped.Succeeded) return new RootResult.Failed($"The template root was not compressed: {zipped.LastError}. Check the space on the disk of {folder}.");
            await using var file = new FileStream(compressed, FileMode.Open, FileAccess.Read, FileShare.Read, 0, useAsync: true);
            var kept = await blobs.AddAsync(file, cancellationToken);
            var root = new RootTemplate(key, kept.Sha256.Hex, kept.Bytes, description, time.GetUtcNow(), files.Count);
            await File.WriteAllLinesAsync(Path.Combine(folder, key + ".files"), files, cancellationToken);
            // The JSON comes last and by a rename: where it stands, everything else does.
            string unfinished = Path.Combine(folder, $"{key}.{Guid.NewGuid():N}.new");
            await File.WriteAllTextAsync(unfinished, JsonSerializer.Serialize(root, RootJson.Default.RootTemplate), cancellationToken);
            File.Move(unfinished, Path.Combine(folder, key + ".json"), overwrite: true);
            progress(string.Create(CultureInfo.InvariantCulture, $"Template root made: {kept.Bytes / 1_000_000} MB"));
            return new RootResult.Ready(root, WasThere: false);
        }
        finally
        {
            File.Delete(compressed);
        }
    }

    private async Task<RootTemplate?> FindAsync(string key, CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, key + ".json");
        if (!File.Exists(path) || !File.Exists(Path.Combine(folder, key + ".files"))) return null;
        RootTemplate? root;
        try { root = JsonSerializer.Deserialize(await File.ReadAllTextAsync(path, cancellationToken), RootJson.Default.RootTemplate); }
        catch (JsonException) { return null; }
        if (root is null || root.ArchiveHash == default) return null;
        await using var blob = await blobs.OpenAsync(root.ArchiveHash, cancellationToken);
        return blob is null ? null : root;
    }

    private static string KeyOf(IEnumerable<string> parts) =>
        Sha256Hash.Of(Encoding.UTF8.GetBytes(string.Join('\n', parts))).Hex[..32];

    private static string FirstError(ProgramResult result) =>
        result.Errors.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.StartsWith("E: ", StringComparison.Ordinal))?[3..] ?? result.LastError;

    private static bool IsPackageName(string text) =>
        text is { Length: >= 2 and <= 128 } && char.IsAsciiLetterOrDigit(text[0]) &&
        text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '+' or '-' or '.' or ':');
}
