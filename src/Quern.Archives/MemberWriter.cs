namespace Quern.Archives;

/// <summary>Puts checked members of one archive into a root, and counts what they cost.</summary>
internal sealed class MemberWriter(RootFolder root, string below, UnpackLimits limits)
{
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;   // 0777: who unpacks gives nobody another user's rights
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    private readonly byte[] _buffer = new byte[1 << 16];
    private long _bytes, _names;
    private int _members;

    /// <summary>Counts a member before anything of it is read.</summary>
    /// <exception cref="InvalidDataException">It is more than the limits allow.</exception>
    public void Count(TarHeader header)
    {
        _names += header.Name.Length + header.Target.Length;
        if (++_members > limits.MaxMembers || _names > limits.MaxNameBytes) throw new InvalidDataException($"it has more than {limits.MaxMembers} members or too long names");
        if (header.Bytes > limits.MaxBytes - _bytes) throw new InvalidDataException($"it unpacks to more than {limits.MaxBytes} bytes");
        _bytes += header.Bytes;
    }

    /// <param name="path">Below the folder that is unpacked into, checked.</param>
    /// <returns>Whether it took the place of another file or link.</returns>
    public async Task<bool> FileAsync(TarInput input, TarHeader header, string path, CancellationToken cancellationToken)
    {
        string place = root.MakeRoom(below + path, out bool replaced);
        await using (var file = new FileStream(place, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = ((UnixFileMode)header.Mode & Permissions) | OwnFile,
        }))
        {
            int read;
            while ((read = await input.ReadContentAsync(_buffer, cancellationToken)) > 0) await file.WriteAsync(_buffer.AsMemory(0, read), cancellationToken);
        }
        File.SetUnixFileMode(place, ((UnixFileMode)header.Mode & Permissions) | OwnFile);
        if (header.Modified is > 0 and < 253_402_300_800) File.SetLastWriteTimeUtc(place, DateTime.UnixEpoch.AddSeconds(header.Modified));
        return replaced;
    }

    /// <inheritdoc cref="FileAsync"/>
    public bool Link(TarHeader header, string path)
    {
        string place = root.MakeRoom(below + path, out bool replaced);
        File.CreateSymbolicLink(place, header.Target);
        return replaced;
    }

    public void Folder(TarHeader header, string path) =>
        File.SetUnixFileMode(root.MakeFolder(below + path), ((UnixFileMode)header.Mode & Permissions) | OwnFolder);

    /// <summary>A second name of a file of the same archive: a copy of it.</summary>
    /// <param name="first">Its first name, written as a member before.</param>
    /// <inheritdoc cref="FileAsync"/>
    public async Task<bool> CopyAsync(string first, string path, CancellationToken cancellationToken)
    {
        string place = root.MakeRoom(below + path, out bool replaced), source = Path.Combine(root.MakeFolder(below + FolderOf(first)), first[(first.LastIndexOf('/') + 1)..]);
        long length = new FileInfo(source).Length;
        if (length > limits.MaxBytes - _bytes) throw new InvalidDataException($"it unpacks to more than {limits.MaxBytes} bytes");
        _bytes += length;
        await using var reading = new FileStream(source, FileMode.Open, FileAccess.Read);
        await using var writing = new FileStream(place, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = File.GetUnixFileMode(source) });
        await reading.CopyToAsync(writing, cancellationToken);
        File.SetLastWriteTimeUtc(place, File.GetLastWriteTimeUtc(source));
        return replaced;
    }

    private static string FolderOf(string path) => path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : "";
}
