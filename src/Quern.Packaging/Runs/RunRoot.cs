using System.Collections.Immutable;
using System.Security.Cryptography;
using Quern.Model;

namespace Quern.Packaging.Runs;

/// <summary>
/// A root with nothing in it but the C library of a template and packages of the farm, to run what was built with what was
/// built. Assembled inside a sandbox over the template, so that nothing a package holds can reach the master's own files.
/// </summary>
public sealed class RunRoot
{
    // Only the loader and the C library with its parts; everything else must come from the farm.
    private const string Assemble = """
        set -eu
        cd /target
        for file in /usr/lib*/ld-linux*.so.* /usr/lib/*/ld-linux*.so.* /usr/lib/*/libc.so.6 /usr/lib/*/libm.so.6 /usr/lib/*/libdl.so.2 \
            /usr/lib/*/libpthread.so.0 /usr/lib/*/librt.so.1 /usr/lib/*/libresolv.so.2; do
            [ -e "$file" ] || continue
            mkdir -p ".${file%/*}"
            cp -P "$file" ".$file"
        done
        for link in bin sbin lib lib32 lib64 libx32; do
            if [ -L "/$link" ]; then mkdir -p "usr/$link"; ln -s "usr/$link" "$link"; fi
        done
        mkdir -p dev proc tmp etc root work
        for package in /packages/*; do
            [ -e "$package" ] || continue
            xz -dc "$package" | tar -x --no-same-owner --keep-directory-symlink --strip-components=2 --wildcards '*/data/*'
        done
        """;

    private readonly string _root;
    private readonly ImmutableArray<RunPackage> _packages;

    private RunRoot(string folder, ImmutableArray<RunPackage> packages)
    {
        _root = Path.Combine(folder, "root");
        FilesFolder = Path.Combine(folder, "files");
        _packages = packages;
    }

    /// <summary>The programs' current folder, <c>/work</c>, as the caller sees it: for files that are put in and taken out.</summary>
    public string FilesFolder { get; }

    /// <summary>Makes the root in a new folder.</summary>
    /// <param name="folder">Must not exist; the caller removes it.</param>
    /// <param name="template">An unpacked template root; see <see cref="UnpackTemplateAsync"/>.</param>
    /// <param name="packages">Verified packages: the one to run and its dependencies.</param>
    /// <returns>The root, or null and what went wrong.</returns>
    public static async Task<(RunRoot? Root, string Problem)> CreateAsync(
        string folder, string template, ImmutableArray<RunPackage> packages, CancellationToken cancellationToken)
    {
        var root = new RunRoot(Path.GetFullPath(folder), packages);
        Directory.CreateDirectory(root._root);
        Directory.CreateDirectory(root.FilesFolder);
        List<string> arguments = [.. Isolation, .. Template(template), "--bind", root._root, "/target"];
        for (int i = 0; i < packages.Length; i++)
            arguments.AddRange(["--ro-bind", packages[i].File, FormattableString.Invariant($"/packages/{i:D4}.lfpkg")]);
        arguments.AddRange(["--", "/bin/sh", "-c", Assemble]);
        var made = await HelperProgram.RunAsync("bwrap", arguments, cancellationToken);
        if (made.ExitCode == -1) return (null, "The program bwrap is missing. Run: apt-get install bubblewrap");
        return made.Succeeded
            ? (root, "")
            : (null, $"The run root {folder} was not made: {made.LastError}.");
    }

    /// <summary>Unpacks a template root's archive once into <paramref name="roots"/>, as workers do.</summary>
    /// <returns>Its folder, or null and what went wrong.</returns>
    public static async Task<(string? Folder, string Problem)> UnpackTemplateAsync(
        string roots, Sha256Hash archive, string archiveFile, CancellationToken cancellationToken)
    {
        string template = Path.Combine(roots, archive.Hex);
        if (File.Exists(Path.Combine(template, ".quern-root"))) return (template, "");
        var made = await HelperProgram.RunAsync("/bin/sh", ["-s", "root", roots, archive.Hex, archiveFile], cancellationToken,
            directory: "/", input: Planning.BuildScript.Text);
        return made.Succeeded ? (template, "") : (null, $"The template root was not unpacked into {roots}: {made.LastError}.");
    }

    /// <summary>Runs a program of the root, which it cannot change, without network and without anything of this machine.</summary>
    /// <param name="command">Program and arguments; the program by name or by path in the root.</param>
    /// <param name="input">Standard input; null for none.</param>
    public async Task<RunResult> RunAsync(ImmutableArray<string> command, string? input, CancellationToken cancellationToken)
    {
        var ended = await HelperProgram.RunAsync("bwrap", [.. Isolation, "--ro-bind", _root, "/", .. Devices, "--tmpfs", "/tmp", "--bind", FilesFolder, "/work", "--chdir", "/work", "--", .. command],
            cancellationToken, input: input);
        return new RunResult(ended.ExitCode == -1 ? 97 : ended.ExitCode, ended.Output, ended.Errors);
    }

    /// <summary>What the loader maps for a program, by the loader's own word, each file hashed and looked up in the packages.</summary>
    /// <param name="program">Path in the root: <c>/usr/bin/jq</c>.</param>
    public async Task<ImmutableArray<MappedLibrary>> LibrariesAsync(string program, CancellationToken cancellationToken)
    {
        // ld.so(8): with this variable the loader lists what it would map and ends, as ldd does.
        var listed = await HelperProgram.RunAsync("bwrap",
            [.. Isolation, "--ro-bind", _root, "/", .. Devices, "--setenv", "LD_TRACE_LOADED_OBJECTS", "1", "--", program], cancellationToken);
        var found = ImmutableArray.CreateBuilder<MappedLibrary>();
        foreach (string line in listed.Output.Split('\n'))
        {
            //     libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f…)
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length < 4 || words[1] != "=>" || !words[2].StartsWith('/')) continue;
            if (Resolve(words[2]) is not { } path) continue;
            await using var file = File.OpenRead(_root + path);
            var hash = Sha256Hash.FromBytes(await SHA256.HashDataAsync(file, cancellationToken));
            string? package = _packages.FirstOrDefault(p => p.Members.Any(m => m.Path == path && m.Sha256 == hash))?.Name;
            found.Add(new MappedLibrary(words[0], path, hash, package));
        }
        return found.ToImmutable();
    }

    // Links are followed within the root: an absolute target starts there again.
    private string? Resolve(string path)
    {
        var open = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var at = new List<string>();
        for (int steps = 0; open.TryPop(out string? part); steps++)
        {
            if (steps > 1000) return null;
            if (part == ".") continue;
            if (part == "..")
            {
                if (at.Count > 0) at.RemoveAt(at.Count - 1);
                continue;
            }
            at.Add(part);
            if (new FileInfo(_root + "/" + string.Join('/', at)).LinkTarget is not { } target) continue;
            at.RemoveAt(at.Count - 1);
            if (target.StartsWith('/')) at.Clear();
            foreach (string piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) open.Push(piece);
        }
        string resolved = "/" + string.Join('/', at);
        return File.Exists(_root + resolved) ? resolved : null;
    }

    private static readonly string[] Isolation =
    [
        "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--setenv", "PATH", "/usr/bin:/usr/sbin",
        "--setenv", "HOME", "/root", "--setenv", "TERM", "dumb", "--setenv", "LC_ALL", "C.UTF-8",
    ];

    private static readonly string[] Devices = ["--dev", "/dev", "--proc", "/proc"];

    // The template's programs in a fresh root, so that mount points can be made without touching the template.
    private static List<string> Template(string template)
    {
        List<string> arguments = ["--tmpfs", "/", .. Devices, "--ro-bind", template + "/usr", "/usr", "--tmpfs", "/tmp"];
        foreach (string name in (string[])["bin", "sbin", "lib", "lib32", "lib64", "libx32"])
        {
            string path = template + "/" + name;
            if (new FileInfo(path).LinkTarget is not null) arguments.AddRange(["--symlink", "usr/" + name, "/" + name]);
            else if (Directory.Exists(path)) arguments.AddRange(["--ro-bind", path, "/" + name]);
        }
        return arguments;
    }
}
