namespace Quern.Archives;

/// <summary>Installs a package file (<c>.lfpkg</c>) into a root: what lies below <c>NAME-VERSION/data/</c>, member after member, each checked first.</summary>
public static class PackageUnpacker
{
    private const string Room = "branchbuild";   // the build's own folder in its root

    /// <summary>Reads the whole file once. When it throws, a part may be installed: the root is to be thrown away.</summary>
    /// <param name="file">The package, at its start. Not disposed.</param>
    /// <param name="top">The folder that its members lie in: <c>NAME-VERSION</c>.</param>
    /// <param name="replaced">Told of each file or link that took the place of another, by its path from the root.</param>
    /// <returns>Files and links installed.</returns>
    /// <exception cref="InvalidDataException">It is no package, is damaged, or holds what a package may not.</exception>
    public static async Task<int> InstallAsync(
        Stream file, string top, RootFolder root, UnpackLimits limits, Action<string> replaced, CancellationToken cancellationToken)
    {
        await using var plain = Decompressor.Start(Compression.Xz, file, limits);
        int count;
        try
        {
            count = await MembersAsync(new TarInput(plain.Output), $"{top}/", new MemberWriter(root, "", limits), replaced, cancellationToken);
            await RestAsync(plain.Output, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            // A damaged file shows as an archive that ends too early; the program knows better why.
            if (await plain.ComplaintAsync(cancellationToken) is { } better) throw new InvalidDataException($"it is not a whole xz file: {better}");
            if (e is EndOfStreamException) throw new InvalidDataException("it ends too early");
            throw;
        }
        if (await plain.ComplaintAsync(cancellationToken) is { } error) throw new InvalidDataException($"it is not a whole xz file: {error}");
        return count;
    }

    private static async Task<int> MembersAsync(TarInput input, string top, MemberWriter writer, Action<string> replaced, CancellationToken cancellationToken)
    {
        string data = top + "data/";
        var rules = new MemberRules();
        var files = new HashSet<string>(StringComparer.Ordinal);
        bool leafSeen = false;
        int count = 0;
        while (await input.NextAsync(cancellationToken) is { } header)
        {
            writer.Count(header);
            if (header.Name == top + "leaf.pkg")
            {
                if (leafSeen || header.Type != '0') throw new InvalidDataException("it has leaf.pkg twice, or as something that is no file");
                leafSeen = true;
                continue;
            }
            if (header.Type == '5' && header.Name.TrimEnd('/') + "/" is var folder && (folder == data || folder == top)) continue;
            // Bots in Python write the second name of a file as a hard link to the first.
            string? first = header.Type == '1' && header.Target.StartsWith(data, StringComparison.Ordinal) && files.Contains(header.Target[data.Length..]) ? header.Target[data.Length..] : null;
            string path = PathOf(header, data, first is not null, rules);
            if (header.Type == '5')
            {
                writer.Folder(header, path);
                continue;
            }
            count++;
            bool took = header.Type switch
            {
                '2' => writer.Link(header, path),
                '1' => await writer.CopyAsync(first!, path, cancellationToken),
                _ => await writer.FileAsync(input, header, path, cancellationToken),
            };
            if (header.Type != '2') files.Add(path);
            if (took) replaced("/" + path);
        }
        return leafSeen ? count : throw new InvalidDataException($"it has no {top}leaf.pkg");
    }

    /// <summary>Where a member goes, from the root.</summary>
    private static string PathOf(TarHeader header, string data, bool isSecondName, MemberRules rules)
    {
        string shown = Shown(header.Name);
        if (!header.Name.StartsWith(data, StringComparison.Ordinal)) throw new InvalidDataException($"it holds {shown}, which does not lie below {data}");
        if (header.Type is not ('0' or '2' or '5') && !isSecondName)
            throw new InvalidDataException($"it holds {shown}, which is no file, folder, symbolic link or second name of one of its files");
        string path = header.Type == '5' ? header.Name[data.Length..].TrimEnd('/') : header.Name[data.Length..];
        if (rules.Refusal(path, header.Type == '2' ? header.Target : null) is { } refusal) throw new InvalidDataException($"it holds {shown}, which {refusal}");
        if (path == Room || path.StartsWith(Room + "/", StringComparison.Ordinal)) throw new InvalidDataException($"it holds {shown}, which would lie in the folder of builds");
        return path;
    }

    // Behind the end mark stands padding to a record of tar; another archive hidden there would be unpacked by some readers.
    private static async Task RestAsync(Stream tar, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        int read;
        while ((read = await tar.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += read;
            if (total > 1 << 20 || buffer.AsSpan(0, read).IndexOfAnyExcept((byte)0) >= 0) throw new InvalidDataException("it has something behind the end of its archive");
        }
    }

    internal static string Shown(string name) => new([.. name.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);
}
