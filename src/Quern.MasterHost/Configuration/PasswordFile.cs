using System.Text;

namespace Quern.MasterHost.Configuration;

/// <summary>A file whose first line is a password.</summary>
public static class PasswordFile
{
    private const int MaxBytes = 4096;

    /// <summary>The first line without its line end; null, and why, when there is none.</summary>
    public static string? TryRead(string path, out string why) => TryRead(path, alone: false, out why);

    /// <summary>The same of a file that holds nothing else, in UTF-8: for a password that must be taken as another program knows it.</summary>
    public static string? TryReadAlone(string path, out string why) => TryRead(path, alone: true, out why);

    private static string? TryRead(string path, bool alone, out string why)
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
            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: alone));
            if (reader.ReadLine() is not { Length: > 0 } password) why = $"the password file '{path}' is empty; its first line must be the password.";
            else if (alone && reader.ReadLine() is not null) why = $"the password file '{path}' has more than one line; it must hold the password and nothing else.";
            else return password;
        }
        catch (DecoderFallbackException)
        {
            why = $"the password file '{path}' is not UTF-8.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $"the password file '{path}' cannot be read: {e.Message}";
        }
        return null;
    }
}
