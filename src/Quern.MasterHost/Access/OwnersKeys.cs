using Quern.Model;

namespace Quern.MasterHost.Access;

/// <summary>The file in the data folder that lets its owner in: a token for the command line.</summary>
internal static class OwnersKeys
{
    public const string TokenFile = "token";
    /// <summary>Whoever has the data folder. Not the account <c>admin</c>: it may be disabled, and this is the way back in.</summary>
    private static readonly Principal Owner = new("owner", [Right.All]);

    /// <summary>Leaves a token with all rights for the owner of the data folder; one that is still good stays.</summary>
    public static async Task EnsureTokenAsync(string dataFolder, TokenBook tokens, CancellationToken cancellationToken)
    {
        string file = Path.Combine(dataFolder, TokenFile);
        if (File.Exists(file))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            string secret = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
            if (await tokens.FindAsync(secret, cancellationToken) is not null) return;
        }
        WritePrivate(file, await tokens.IssueAsync(Owner, null, Actor.Farm, cancellationToken) + "\n");
    }

    // Written beside and renamed: a reader finds the old text or the new one, and nobody else ever may read it.
    private static void WritePrivate(string file, string text)
    {
        string fresh = $"{file}.{Guid.NewGuid():N}";
        using (var stream = new FileStream(fresh, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(fresh, file, overwrite: true);
    }
}
