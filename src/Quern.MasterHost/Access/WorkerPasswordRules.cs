using System.Text;

namespace Quern.MasterHost.Access;

/// <summary>Which passwords a worker may bring from elsewhere. It was set up long ago: how good it is is not asked.</summary>
internal static class WorkerPasswordRules
{
    /// <summary>Unicode characters, so at most 1,024 bytes of UTF-8.</summary>
    public const int MaxCharacters = 256;

    /// <summary>What is wrong with a password, without the password; null for a good one.</summary>
    public static string? Problem(string password)
    {
        int characters = 0;
        for (var rest = password.AsSpan(); rest.Length > 0 && characters <= MaxCharacters; characters++)
        {
            if (Rune.DecodeFromUtf16(rest, out var character, out int units) != System.Buffers.OperationStatus.Done)
                return "A worker's password is Unicode text; this one holds half of a surrogate pair.";
            if (character.Value == 0) return "A worker's password holds no NUL.";
            rest = rest[units..];
        }
        return characters is 0 or > MaxCharacters ? $"A worker's password has 1 to {MaxCharacters} characters." : null;
    }
}
