namespace Quern.Cli;

/// <summary>Writes files that are there as a whole or as they were before.</summary>
internal static class WholeFile
{
    /// <param name="owners">Whether its owner alone may read it, from its first byte on.</param>
    /// <param name="overwrite">False leaves what is there already, with an <see cref="IOException"/>.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, bool owners = false, bool overwrite = true)
    {
        string partial = $"{path}.{Guid.NewGuid():N}.part";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (owners) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var file = new FileStream(partial, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
