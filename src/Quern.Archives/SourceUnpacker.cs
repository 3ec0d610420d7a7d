namespace Quern.Archives;

/// <summary>Unpacks the source of a recipe into the folder that its script starts in.</summary>
public static class SourceUnpacker
{
    private const int Block = 512;

    /// <summary>Unpacks an archive; what is none is left alone. When it throws, a part may be there.</summary>
    /// <param name="file">Can seek; at its start. Not disposed.</param>
    /// <param name="root">What the folder is resolved in.</param>
    /// <param name="folder">From the root, with a slash at its end.</param>
    /// <returns>Members; null when the file is no tar archive of a known compression.</returns>
    /// <exception cref="InvalidDataException">It is one, and damaged or with members that may not be unpacked.</exception>
    public static async Task<int?> UnpackAsync(Stream file, RootFolder root, string folder, UnpackLimits limits, CancellationToken cancellationToken)
    {
        byte[] start = new byte[Compressions.MagicBytes];
        int read = await file.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        file.Position = 0;
        await using var plain = Decompressor.Start(Compressions.Of(start.AsSpan(0, read)), file, limits);
        byte[] first = new byte[Block];
        if (await plain.Output.ReadAtLeastAsync(first, Block, throwOnEndOfStream: false, cancellationToken) < Block || !IsHeader(first)) return null;
        try
        {
            return await MembersAsync(new TarInput(new ReplayedStart(first, plain.Output), globalHeaders: true), new MemberWriter(root, folder, limits), cancellationToken);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException("it ends too early");
        }
    }

    private static async Task<int> MembersAsync(TarInput input, MemberWriter writer, CancellationToken cancellationToken)
    {
        var rules = new MemberRules();
        var files = new HashSet<string>(StringComparer.Ordinal);
        int count = 0;
        while (await input.NextAsync(cancellationToken) is { } header)
        {
            writer.Count(header);
            string shown = PackageUnpacker.Shown(header.Name), path = Plain(header.Name);
            if (header.Type == '5') path = path.TrimEnd('/');
            if (header.Type == '5' && path is "" or ".") continue;
            // Archives may name a folder twice, and a file again, which then counts.
            if (rules.Refusal(path, header.Type == '2' ? header.Target : null) is { } refusal && !(refusal == MemberRules.Twice && header.Type is '0' or '5'))
                throw new InvalidDataException($"it holds {shown}, which {refusal}");
            count++;
            switch (header.Type)
            {
                case '0' or '7':
                    await writer.FileAsync(input, header, path, cancellationToken);
                    files.Add(path);
                    break;
                case '5':
                    writer.Folder(header, path);
                    break;
                case '2':
                    writer.Link(header, path);
                    break;
                case '1' when files.Contains(Plain(header.Target)):
                    await writer.CopyAsync(Plain(header.Target), path, cancellationToken);
                    files.Add(path);
                    break;
                default:
                    throw new InvalidDataException($"it holds {shown}, which is no file, folder or link to one of its own files");
            }
        }
        return count;
    }

    private static string Plain(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..].TrimStart('/') : name;

    /// <summary>Whether a block can be the first of an archive: its sum is right, which by chance is one in many thousands.</summary>
    private static bool IsHeader(byte[] block)
    {
        long sum = 8 * ' ', said = 0;
        for (int i = 0; i < Block; i++)
            if (i is < 148 or >= 156) sum += block[i];
        foreach (byte digit in block.AsSpan(148, 8).Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7') return false;
            said = (said << 3) | (uint)(digit - '0');
        }
        return said == sum && block.AsSpan().IndexOfAnyExcept((byte)0) >= 0;
    }
}
