using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Quern.Archives;
using Quern.Model;

namespace Quern.Packaging.PackageFiles;

/// <summary>
/// Verifies a <c>.lfpkg</c> that a worker sent or another farm built: <c>NAME-VERSION/leaf.pkg</c> and <c>NAME-VERSION/data/…</c> in a tar under xz.
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
        string expected = LeafText.Of(recipe);
        string leaf = "";
        var check = await CheckAsync(file, recipe.Name, recipe.Version, limits, text => leaf = text, cancellationToken);
        return check is PackageCheck.Valid && leaf != expected ? Invalid("leaf.pkg does not say what the recipe says") : check;
    }

    /// <summary>
    /// The same for a package whose recipe of that time is not known, as one that another farm built long ago: its own
    /// <c>leaf.pkg</c> tells description and dependencies.
    /// </summary>
    public static async Task<PackageCheck> InspectAsync(
        Stream file, PackageName name, string version, string realVersion, PackageLimits limits, CancellationToken cancellationToken)
    {
        string text = "";
        var check = await CheckAsync(file, name, version, limits, leaf => text = leaf, cancellationToken);
        if (check is not PackageCheck.Valid valid) return check;
        if (!LeafFile.TryParse(text, out var read, out string? why)) return Invalid(why);
        return read.Name == name.Value && read.Version == version && read.RealVersion == realVersion
            ? valid with { Leaf = read }
            : Invalid($"its leaf.pkg says {Shown(read.Name)} {Shown(read.Version)}-{Shown(read.RealVersion)}");
    }

    private static async Task<PackageCheck> CheckAsync(
        Stream file, PackageName name, string version, PackageLimits limits, Action<string> leaf, CancellationToken cancellationToken)
    {
        try
        {
            await using var plain = Decompressor.Start(Compression.Xz, file, new UnpackLimits { DecompressorMebibytes = limits.DecompressorMebibytes });
            var verdict = await ReadAsync(plain.Output, $"{name}-{version}/", limits, leaf, cancellationToken);
            return await plain.ComplaintAsync(cancellationToken) is { } error ? Invalid($"it is not a whole xz file: {error}") : verdict;
        }
        catch (InvalidDataException)
        {
            return Invalid("the farm cannot read packages: the program xz is missing on the master (Debian package xz-utils)");
        }
    }

    private static async Task<PackageCheck> ReadAsync(Stream tar, string top, PackageLimits limits, Action<string> leaf, CancellationToken cancellationToken)
    {
        try
        {
            return await MembersAsync(new TarInput(tar), tar, top, limits, leaf, cancellationToken);
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

    private static async Task<PackageCheck> MembersAsync(
        TarInput input, Stream tar, string top, PackageLimits limits, Action<string> leaf, CancellationToken cancellationToken)
    {
        string data = top + "data/";
        var members = ImmutableArray.CreateBuilder<PackageMember>();
        var files = new Dictionary<string, PackageMember>(StringComparer.Ordinal);
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
                if (header.Bytes > MaxLeaf) return Invalid("leaf.pkg is too long");
                leaf(await LeafTextAsync(input, header, cancellationToken));
                leafSeen = true;
                continue;
            }
            if (header.Type == '5' && header.Name.TrimEnd('/') + "/" is var folder && (folder == data || folder == top)) continue;
            if (!header.Name.StartsWith(data, StringComparison.Ordinal)) return Invalid($"{Shown(header.Name)} does not lie below {data}");
            // Bots in Python write the second name of a file as a hard link to the first.
            var first = header.Type == '1' ? files.GetValueOrDefault(header.Target) : null;
            MemberKind? kind = header.Type switch { '0' => MemberKind.File, '1' when first is not null => MemberKind.File, '5' => MemberKind.Folder, '2' => MemberKind.Link, _ => null };
            if (kind is null && header.Type == '1') return Invalid($"{Shown(header.Name)} is a hard link to {Shown(header.Target)}, which is no file of the package before it");
            if (kind is null) return Invalid($"{Shown(header.Name)} is of type '{Shown(header.Type.ToString())}'; a package holds files, folders and links only");
            string path = kind == MemberKind.Folder ? header.Name[data.Length..].TrimEnd('/') : header.Name[data.Length..];
            if (rules.Refusal(path, kind == MemberKind.Link ? header.Target : null) is { } refusal) return Invalid($"{Shown(header.Name)} {refusal}");

            if (first is not null)
            {
                files[header.Name] = first with { Path = "/" + path };
                members.Add(files[header.Name]);
                continue;
            }
            var hash = kind == MemberKind.File ? await HashAsync(input, buffer, cancellationToken) : (Sha256Hash?)null;
            members.Add(new PackageMember("/" + path, kind.Value, header.Bytes, header.Mode, hash, kind == MemberKind.Link ? header.Target : null));
            if (kind == MemberKind.File) files[header.Name] = members[^1];
        }
        if (!leafSeen) return Invalid($"it has no {top}leaf.pkg");
        return await RestRefusalAsync(tar, buffer, cancellationToken) is { } rest ? Invalid(rest) : new PackageCheck.Valid(members.ToImmutable());
    }

    private static async Task<string> LeafTextAsync(TarInput input, TarHeader header, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[header.Bytes];
        for (int at = 0; at < bytes.Length;) at += await input.ReadContentAsync(bytes.AsMemory(at), cancellationToken);
        return Encoding.UTF8.GetString(bytes);
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
