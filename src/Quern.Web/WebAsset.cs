using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Quern.Web;

/// <summary>A file of the pages, built into the program.</summary>
/// <param name="ContentType">With its character set.</param>
/// <param name="ETag">Quoted, from the content.</param>
public sealed record WebAsset(string ContentType, ReadOnlyMemory<byte> Content, string ETag)
{
    private static readonly FrozenDictionary<string, WebAsset> All = Load();

    /// <summary>Null when there is none of that name.</summary>
    public static WebAsset? Find(string name) => All.GetValueOrDefault(name);

    private static FrozenDictionary<string, WebAsset> Load()
    {
        var assets = new Dictionary<string, WebAsset>(StringComparer.Ordinal);
        var assembly = typeof(WebAsset).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith("assets/", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            string type = Path.GetExtension(resource) switch
            {
                ".css" => "text/css; charset=utf-8",
                ".js" => "text/javascript; charset=utf-8",
                ".svg" => "image/svg+xml",
                _ => "application/octet-stream",
            };
            string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}\"";
            assets[resource["assets/".Length..]] = new WebAsset(type, content, tag);
        }
        return assets.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
