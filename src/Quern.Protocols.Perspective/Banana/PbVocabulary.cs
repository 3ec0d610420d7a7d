namespace Quern.Protocols.Perspective;

/// <summary>The tokens that dialect <c>pb</c> sends as a number. Every byte string that equals one is replaced, also in user data.</summary>
internal static class PbVocabulary
{
    // Position is the number; 0 is not used.
    private static readonly byte[][] Tokens =
    [
        [], "None"u8.ToArray(), "class"u8.ToArray(), "dereference"u8.ToArray(), "reference"u8.ToArray(), "dictionary"u8.ToArray(),
        "function"u8.ToArray(), "instance"u8.ToArray(), "list"u8.ToArray(), "module"u8.ToArray(), "persistent"u8.ToArray(),
        "tuple"u8.ToArray(), "unpersistable"u8.ToArray(), "copy"u8.ToArray(), "cache"u8.ToArray(), "cached"u8.ToArray(),
        "remote"u8.ToArray(), "local"u8.ToArray(), "lcache"u8.ToArray(), "version"u8.ToArray(), "login"u8.ToArray(),
        "password"u8.ToArray(), "challenge"u8.ToArray(), "logged_in"u8.ToArray(), "not_logged_in"u8.ToArray(),
        "cachemessage"u8.ToArray(), "message"u8.ToArray(), "answer"u8.ToArray(), "error"u8.ToArray(), "decref"u8.ToArray(),
        "decache"u8.ToArray(), "uncache"u8.ToArray(),
    ];

    // Numbers of the tokens of each length: at most six have one length, so that a look-up compares few of them.
    private static readonly int[][] ByLength =
        [.. Enumerable.Range(0, Tokens.Max(t => t.Length) + 1)
            .Select(length => Enumerable.Range(1, Tokens.Length - 1).Where(n => Tokens[n].Length == length).ToArray())];

    /// <summary>The token of a number, or false when there is none.</summary>
    public static bool TryGetToken(long number, out ReadOnlyMemory<byte> token)
    {
        bool known = number > 0 && number < Tokens.Length;
        token = known ? Tokens[number] : default;
        return known;
    }

    /// <summary>The number of a token, or false when the bytes are none.</summary>
    public static bool TryGetNumber(ReadOnlySpan<byte> bytes, out int number)
    {
        if (bytes.Length < ByLength.Length)
        {
            foreach (int candidate in ByLength[bytes.Length])
            {
                if (!bytes.SequenceEqual(Tokens[candidate])) continue;
                number = candidate;
                return true;
            }
        }
        number = 0;
        return false;
    }
}
