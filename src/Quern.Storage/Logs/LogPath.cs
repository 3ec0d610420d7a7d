using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Quern.Model;

namespace Quern.Storage;

/// <summary>
/// Where a log lies: <c>FOLDER/xx/JOB/ATTEMPT[-NAME]</c> with the endings <c>.qlog</c> (compressed frames), <c>.full</c> (a
/// tail on its way into a frame) and <c>.tail</c> (the newest bytes).
/// </summary>
/// <remarks>xx are the last two digits of the id: the first ones of a UUIDv7 are its time and the same for years.</remarks>
internal sealed record LogPath(string Stem)
{
    private const int MaxEncodedName = 180; // a file name holds 255 bytes; attempt and ending need some
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Frames => Stem + ".qlog";
    public string Full => Stem + ".full";
    public string Tail => Stem + ".tail";

    public bool Exists => Directory.Exists(Path.GetDirectoryName(Stem)) && HasFiles;

    private bool HasFiles => File.Exists(Tail) || File.Exists(Full) || File.Exists(Frames);

    public static LogPath Of(string folder, JobId job, int attempt, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(attempt);
        ArgumentNullException.ThrowIfNull(name);
        string file = attempt.ToString(CultureInfo.InvariantCulture);
        if (name.Length > 0) file += "-" + Encode(name);
        return new LogPath(Path.Combine(FolderOf(folder, job), file));
    }

    public static string FolderOf(string folder, JobId job)
    {
        string id = job.ToString();
        return Path.Combine(folder, id[^2..], id);
    }

    /// <summary>Reads a file name back; null for a file that is none of ours.</summary>
    public static StoredLog? Parse(string fileName)
    {
        string stem = Path.GetFileNameWithoutExtension(fileName);
        if (Path.GetExtension(fileName) is not (".qlog" or ".full" or ".tail")) return null;
        int dash = stem.IndexOf('-', StringComparison.Ordinal);
        string attempt = dash < 0 ? stem : stem[..dash];
        if (!int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return null;
        return new StoredLog(number, dash < 0 ? "" : Uri.UnescapeDataString(stem[(dash + 1)..]));
    }

    /// <summary>Letters, digits, <c>. _ ~</c> and inner hyphens stay, every other byte becomes <c>%XX</c>.</summary>
    private static string Encode(string name)
    {
        string? encoded = Escape(name);
        if (encoded is { Length: <= MaxEncodedName }) return encoded;
        // Too long, or no valid Unicode: a readable beginning and a hash. This short form is itself a name with the same file.
        var readable = name.Where(char.IsAsciiLetterOrDigit).Take(40).ToArray();
        var hash = SHA256.HashData(MemoryMarshal.AsBytes(name.AsSpan()));
        return $"{new string(readable)}~{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
    }

    private static string? Escape(string name)
    {
        if (name.Length > MaxEncodedName) return null;
        byte[] bytes;
        try { bytes = Strict.GetBytes(name); }
        catch (EncoderFallbackException) { return null; }
        var text = new StringBuilder(bytes.Length);
        foreach (byte value in bytes)
        {
            char c = (char)value;
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '~') text.Append(c);
            else text.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }
}
