using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Quern.Cli.Import.Branch;

/// <summary><c>branch.meta</c>, what an old master wrote of one package (Branch, section "package storage"). All texts are unchecked.</summary>
/// <param name="Versions">Real version to version.</param>
/// <param name="Hashes">Real version to MD5, in hexadecimal digits.</param>
internal sealed record BranchMeta(string Name, ImmutableSortedDictionary<string, string> Versions, ImmutableSortedDictionary<string, string> Hashes)
{
    private const int MaxVersions = 10_000;

    /// <param name="why">What is wrong, as the end of a sentence; null on success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out BranchMeta? meta, [NotNullWhen(false)] out string? why)
    {
        meta = null;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
        }
        catch (JsonException e)
        {
            why = $"branch.meta is no JSON: line {e.LineNumber + 1}";
            return false;
        }
        using (document)
        {
            try
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
                    why = "branch.meta is no object with a name";
                else if (!TryTexts(document.RootElement, "versions", out var versions)) why = "branch.meta has no 'versions' of texts, or too many";
                else if (!TryTexts(document.RootElement, "version_hashes", out var hashes)) why = "branch.meta has 'version_hashes' that are no texts, or too many";
                else
                {
                    meta = new BranchMeta(name.GetString()!, versions, hashes);
                    why = null;
                }
            }
            catch (InvalidOperationException)
            {
                why = "branch.meta holds text that is no Unicode";   // half a surrogate pair
            }
        }
        return meta is not null;
    }

    /// <summary>An object of texts; a missing one is empty.</summary>
    private static bool TryTexts(JsonElement root, string key, out ImmutableSortedDictionary<string, string> texts)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        texts = found.ToImmutable();
        if (!root.TryGetProperty(key, out var element)) return true;
        if (element.ValueKind != JsonValueKind.Object) return false;
        foreach (var member in element.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.String || found.Count == MaxVersions) return false;
            found[member.Name] = member.Value.GetString()!;
        }
        texts = found.ToImmutable();
        return true;
    }
}
