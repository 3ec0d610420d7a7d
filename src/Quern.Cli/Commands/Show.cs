using System.Globalization;
using System.Text.Json.Nodes;

namespace Quern.Cli.Commands;

/// <summary>Values of the API as people read them.</summary>
internal static class Show
{
    public static string Text(JsonNode? node, string key) => node?[key]?.ToString() ?? "";

    public static string Time(JsonNode? time) =>
        DateTimeOffset.TryParse(time?.ToString(), CultureInfo.InvariantCulture, out var parsed) ? parsed.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "";

    public static string Seconds(JsonNode? seconds) =>
        seconds is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{seconds.GetValue<double>():0.0} s");

    public static string Bytes(JsonNode? bytes) => bytes?.GetValue<long>() switch
    {
        null => "",
        < 1 << 10 and var b => string.Create(CultureInfo.InvariantCulture, $"{b} B"),
        < 1 << 20 and var b => string.Create(CultureInfo.InvariantCulture, $"{b / 1024.0:0.0} KiB"),
        < 1 << 30 and var b => string.Create(CultureInfo.InvariantCulture, $"{b / 1048576.0:0.0} MiB"),
        var b => string.Create(CultureInfo.InvariantCulture, $"{b / 1073741824.0:0.00} GiB"),
    };
}
