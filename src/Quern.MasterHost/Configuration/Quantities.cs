using System.Globalization;

namespace Quern.MasterHost.Configuration;

/// <summary>Sizes and times as people write them.</summary>
internal static class Quantities
{
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        (string number, int shift) = text switch
        {
            [.. var n, 'K', 'i', 'B'] => (n, 10),
            [.. var n, 'M', 'i', 'B'] => (n, 20),
            [.. var n, 'G', 'i', 'B'] => (n, 30),
            [.. var n, 'T', 'i', 'B'] => (n, 40),
            _ => (text, 0),
        };
        if (!long.TryParse(number.TrimEnd(' '), NumberStyles.None, CultureInfo.InvariantCulture, out long value)) return false;
        if (value <= 0 || value > long.MaxValue >> (shift + 1)) return false;
        bytes = value << shift;
        return true;
    }

    /// <summary>What a step may take: whole seconds, minutes, hours or days, from one second to 100 days.</summary>
    public static bool TryParseTime(string text, out TimeSpan span)
    {
        span = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int value)) return false;
        int seconds = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        if (seconds == 0 || value < 1 || value > 100 * 86_400 / seconds) return false;
        span = TimeSpan.FromSeconds((long)value * seconds);
        return true;
    }

    public static bool TryParseSpan(string text, out TimeSpan span)
    {
        span = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int value)) return false;
        if (value is < 1 or > 100_000) return false;
        switch (text[^1])
        {
            case 'h': span = TimeSpan.FromHours(value); return true;
            case 'd': span = TimeSpan.FromDays(value); return true;
            case 'w': span = TimeSpan.FromDays(7 * value); return true;
            default: return false;
        }
    }
}
