namespace Quern.MasterHost.Configuration;

/// <summary>A file whose first line is a password.</summary>
public static class PasswordFile
{
    private const int MaxBytes = 4096;

    /// <summary>The first line without its line end; null, and why, when there is none.</summary>
    public static string? TryRead(string path, out string why)
    {
        why = "";
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.CanSeek && file.Length > MaxBytes)
            {
                why = $"the password file '{path}' is over {MaxBytes} bytes.";
                return null;
            }
            using var reader = new StreamReader(file);
            if (reader.ReadLine() is { Length: > 0 } password) return password;
            why = $"the password file '{path}' is empty; its first line must be the password.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $"the password file '{path}' cannot be read: {e.Message}";
        }
        return null;
    }
}
