using System.Globalization;
using System.Text.Json.Nodes;

namespace Quern.Cli.Commands;

/// <summary>Points in time as people write them: a date, a date with time, or a span from now such as <c>90d</c>.</summary>
internal static class Moments
{
    public const string Help = "DATE|SPAN";

    /// <param name="option">For the message.</param>
    /// <param name="ahead">Whether a span leads into the future; else into the past.</param>
    /// <exception cref="CommandFailedException">It is neither.</exception>
    public static DateTimeOffset Read(string option, string text, bool ahead)
    {
        if (Span(text) is { } span) return TimeProvider.System.GetUtcNow() + (ahead ? span : -span);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment) && text.Contains('-', StringComparison.Ordinal)
            ? moment
            : throw new CommandFailedException(ExitCode.Usage, $"{option}: '{text}' is neither a date such as 2027-01-31 nor a span such as 90d, 12h or 30m.");
    }

    /// <summary>As the API reads it.</summary>
    public static JsonNode Json(DateTimeOffset moment) => JsonValue.Create(moment.ToString("O", CultureInfo.InvariantCulture));

    private static TimeSpan? Span(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is 0 or > 100_000) return null;
        return text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            'w' => TimeSpan.FromDays(7 * number),
            _ => null,
        };
    }
}
