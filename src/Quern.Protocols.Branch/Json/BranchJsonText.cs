using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Quern.Protocols.Branch;

/// <summary>Opens JSON texts of strangers: the number of tokens and the depth are checked before anything is allocated for them.</summary>
internal static class BranchJsonText
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = BranchLimits.MaxJsonDepth };

    /// <summary>Reads a whole text.</summary>
    /// <param name="document">To be disposed of; uses <paramref name="utf8"/> as long as it lives.</param>
    public static bool TryOpen(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        if (!Utf8.IsValid(utf8.Span)) return false;
        try
        {
            var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = BranchLimits.MaxJsonDepth });
            for (int tokens = 0; reader.Read(); tokens++)
                if (tokens == BranchLimits.MaxJsonTokens) return false;
            document = JsonDocument.Parse(utf8, Options);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The text of a string; null for any other value and for one that is no Unicode (half a surrogate pair).</summary>
    public static string? TextOf(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String) return null;
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The member of an object; undefined when it has none.</summary>
    public static JsonElement Get(JsonElement element, string name)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException)
        {
            // Another member's name is no Unicode.
            return default;
        }
    }

    /// <summary>An array of strings; null for anything else.</summary>
    public static List<string>? TextsOf(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array) return null;
        var texts = new List<string>(element.GetArrayLength());
        foreach (var item in element.EnumerateArray())
        {
            if (TextOf(item) is not { } text) return null;
            texts.Add(text);
        }
        return texts;
    }

    /// <summary>A whole number, also one that was written as text, which one controller does; null for anything else.</summary>
    public static long? WholeOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number when element.TryGetInt64(out long number) => number,
        JsonValueKind.String when TextOf(element) is { } text => WholeOf(text),
        _ => null,
    };

    /// <summary>1 to 18 digits; null for anything else.</summary>
    public static long? WholeOf(string text) =>
        text.Length is > 0 and <= 18 && !text.AsSpan().ContainsAnyExceptInRange('0', '9')
            ? long.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
