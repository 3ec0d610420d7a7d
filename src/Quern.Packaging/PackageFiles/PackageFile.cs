using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Quern.Model;
using Quern.Packaging.Planning;

namespace Quern.Packaging.PackageFiles;

/// <summary>
/// Verifies a <c>.lfpkg</c> that a worker sent: <c>NAME-VERSION/leaf.pkg</c> and <c>NAME-VERSION/data/…</c> in a tar under xz.
/// The file is hostile until proved otherwise.
/// </summary>
public static class PackageFile
{
    private const int MaxLeaf = 256 << 10;

    /// <summary>Reads the whole file once; never throws for what is in it.</summary>
    /// <param name="file">The uploaded bytes, at their start. Not disposed.</param>
    /// <param name="recipe">What it must be the package of.</param>
    public static async Task<PackageCheck> VerifyAsync(Stream file, Recipe recipe, PackageLimits limits, CancellationToken cancellationToken)
    {
        // The program, not a library: it can be given a memory limit and it cannot crash the farm.
        var start = new ProcessStartInfo("xz")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])["--decompress", "--stdout", "--format=xz", $"--memlimit-decompress={limits.DecompressorMebibytes}MiB", "--no-warn"])
            start.ArgumentList.Add(argument);
        using var process = new Process { StartInfo = start };
        try { process.Start(); }
        catch (Win32Exception)
        {
            return new PackageCheck.Invalid("the farm cannot read packages: the program xz is missing on the master (Debian package xz-utils)");
        }
        using var kill = cancellationToken.Register(() => HelperProgram.Kill(process));
        var feeding = FeedAsync(file, process, cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var verdict = await ReadAsync(process.StandardOutput.BaseStream, recipe, limits, cancellationToken);

        HelperProgram.Kill(process);
        await feeding;
        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        string error = await errors;
        return error.Length > 0
            ? new PackageCheck.Invalid($"it is not a whole xz file: {error.Split('\n')[0].Replace("xz: (stdin): ", "", StringComparison.Ordinal)}")
            : verdict;
    }

    private static async Task FeedAsync(Stream file, Process process, CancellationToken cancellationToken)
    {
        try
        {
            await using var input = process.StandardInput.BaseStream;
            await file.CopyToAsync(input, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The reader has seen enough and ended the program.
        }
    }

    private static async Task<PackageCheck> ReadAsync(Stream tar, Recipe recipe, PackageLimits limits, CancellationToken cancellationToken)
    {
        try
        {
            return await MembersAsync(new TarInput(tar), tar, recipe, limits, cancellationToken);
        }
        catch (EndOfStreamException)
        {
            return new PackageCheck.Invalid("the archive ends too early");
        }
        catch (InvalidDataException e)
        {
            return new PackageCheck.Invalid(e.Message);
        }
    }

    private static async Task<PackageCheck> MembersAsync(TarInput input, Stream tar, Recipe recipe, PackageLimits limits, CancellationToken cancellationToken)
    {
        string top = $"{recipe.Name}-{recipe.Version}/", data = top + "data/";
        var members = ImmutableArray.CreateBuilder<PackageMember>();
        var rules = new MemberRules();
        byte[] buffer = new byte[1 << 16];
        bool leafSeen = false;
        long total = 0, names = 0;
        int count = 0;
        while (await input.NextAsync(cancellationToken) is { } header)
        {
            names += header.Name.Length + header.Target.Length;
            if (++count > limits.MaxMembers || names > limits.MaxNameBytes) return Invalid($"it has more than {limits.MaxMembers} members or too long names");
            if (header.Bytes > limits.MaxUnpackedBytes - total) return Invalid($"it unpacks to more than {limits.MaxUnpackedBytes} bytes");
            total += header.Bytes;

            if (header.Name == top + "leaf.pkg")
            {
                if (leafSeen || header.Type != '0') return Invalid("leaf.pkg is there twice or is not a file");
                if (await LeafRefusalAsync(input, header, recipe, cancellationToken) is { } wrong) return Invalid(wrong);
                leafSeen = true;
                continue;
            }
            if (header.Type == '5' && header.Name.TrimEnd('/') + "/" is var folder && (folder == data || folder == top)) continue;
            if (!header.Name.StartsWith(data, StringComparison.Ordinal)) return Invalid($"{Shown(header.Name)} does not lie below {data}");
            MemberKind? kind = header.Type switch { '0' => MemberKind.File, '5' => MemberKind.Folder, '2' => MemberKind.Link, _ => null };
            if (kind is null) return Invalid($"{Shown(header.Name)} is of type '{Shown(header.Type.ToString())}'; a package holds files, folders and symbolic links only");
            string path = kind == MemberKind.Folder ? header.Name[data.Length..].TrimEnd('/') : header.Name[data.Length..];
            if (rules.Refusal(path, kind == MemberKind.Link ? header.Target : null) is { } refusal) return Invalid($"{Shown(header.Name)} {refusal}");

            var hash = kind == MemberKind.File ? await HashAsync(input, buffer, cancellationToken) : (Sha256Hash?)null;
            members.Add(new PackageMember("/" + path, kind.Value, header.Bytes, header.Mode, hash, kind == MemberKind.Link ? header.Target : null));
        }
        if (!leafSeen) return Invalid($"it has no {top}leaf.pkg");
        return await RestRefusalAsync(tar, buffer, cancellationToken) is { } rest ? Invalid(rest) : new PackageCheck.Valid(members.ToImmutable());
    }

    private static async Task<string?> LeafRefusalAsync(TarInput input, TarHeader header, Recipe recipe, CancellationToken cancellationToken)
    {
        if (header.Bytes > MaxLeaf) return "leaf.pkg is too long";
        byte[] bytes = new byte[header.Bytes];
        for (int at = 0; at < bytes.Length;) at += await input.ReadContentAsync(bytes.AsMemory(at), cancellationToken);
        return Encoding.UTF8.GetString(bytes) == BuildScript.Leaf(recipe) ? null : "leaf.pkg does not say what the recipe says";
    }

    private static async Task<Sha256Hash> HashAsync(TarInput input, byte[] buffer, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int read;
        while ((read = await input.ReadContentAsync(buffer, cancellationToken)) > 0) hash.AppendData(buffer, 0, read);
        return Sha256Hash.FromBytes(hash.GetHashAndReset());
    }

    // Behind the end mark stands padding to a record of tar; another archive hidden there would be unpacked by some readers.
    private static async Task<string?> RestRefusalAsync(Stream tar, byte[] buffer, CancellationToken cancellationToken)
    {
        long total = 0;
        int read;
        while ((read = await tar.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += read;
            if (total > 1 << 20 || buffer.AsSpan(0, read).IndexOfAnyExcept((byte)0) >= 0) return "something stands behind the end of its archive";
        }
        return null;
    }

    private static PackageCheck.Invalid Invalid(string reason) => new(reason);

    private static string Shown(string name) =>
        new([.. name.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);
}
